"""BentoML with our scorer."""

import os
from pathlib import Path

from become import become, port

SERVICE = """
import bentoml
import scorer


@bentoml.service(workers=1, metrics={"enabled": True}, logging={"access": {"enabled": True}})
class Churn:
    def __init__(self) -> None:
        self.score = scorer.load()

    @bentoml.api
    def predict(self, customer: dict) -> dict:
        return self.score(customer)
"""


def main() -> None:
    """Write the service, then become the server."""
    Path("service.py").write_text(SERVICE)
    os.environ |= {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(Path.cwd())}
    become("bentoml", "serve", "service:Churn", "--host", "127.0.0.1", "--port", port())


if __name__ == "__main__":
    main()
