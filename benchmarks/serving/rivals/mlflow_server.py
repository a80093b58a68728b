"""MLflow serving a pipeline over a data frame through its scikit-learn flavour."""

import mlflow.sklearn
from become import become, port
from frame_pipeline import fit


def main() -> None:
    """Train, save, then become the server."""
    model, frame = fit()
    mlflow.sklearn.save_model(
        model, "model", input_example=frame.head(1), serialization_format="pickle"
    )
    options = ["--model-uri", "model", "--env-manager", "local", "--workers", "1"]
    become("mlflow", "models", "serve", *options, "--host", "127.0.0.1", "--port", port())


if __name__ == "__main__":
    main()
