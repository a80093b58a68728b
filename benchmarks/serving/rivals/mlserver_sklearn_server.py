"""MLServer with its own scikit-learn runtime and a pipeline over a data frame."""

import joblib
from become import become
from frame_pipeline import fit
from mlserver_server import write_settings

MODEL = {
    "name": "churn",
    "implementation": "mlserver_sklearn.SKLearnModel",
    "parameters": {"uri": "./model.joblib"},
}


def main() -> None:
    """Train, write the settings, then become the server."""
    joblib.dump(fit()[0], "model.joblib")
    write_settings(MODEL)
    become("mlserver.cli.main", "start", ".")


if __name__ == "__main__":
    main()
