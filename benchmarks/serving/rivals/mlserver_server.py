"""MLServer with our scorer: by its protocol, and behind a route of its own."""

import json
import socket
from pathlib import Path

from become import become, port

SETTINGS = {
    "host": "127.0.0.1",
    "parallel_workers": 0,
    "debug": False,
}
MODEL = {"name": "churn", "implementation": "churn_runtime.Churn"}
RUNTIME = """
import json

import scorer
from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.handlers import custom_handler
from mlserver.types import InferenceResponse


class Churn(MLModel):
    async def load(self) -> bool:
        self.score = scorer.load()
        return True

    async def predict(self, payload):
        record = {tensor.name: tensor.data.root[0] for tensor in payload.inputs}
        answer = json.dumps(self.score(record))
        outputs = [StringCodec.encode_output("prediction", [answer])]
        return InferenceResponse(model_name=self.name, outputs=outputs)

    @custom_handler(rest_path="/predict")
    async def predict_customer(self, payload: dict) -> dict:
        return self.score(payload)
"""


def write_settings(model: dict[str, object]) -> None:
    """Write the files that tell the server its ports and its model."""
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        beside = {"grpc_port": one.getsockname()[1], "metrics_port": two.getsockname()[1]}
    settings = {**SETTINGS, **beside, "http_port": int(port())}
    Path("settings.json").write_text(json.dumps(settings))
    Path("model-settings.json").write_text(json.dumps(model))


def main() -> None:
    """Write the settings, then become the server."""
    write_settings(MODEL)
    Path("churn_runtime.py").write_text(RUNTIME)
    become("mlserver.cli.main", "start", ".")


if __name__ == "__main__":
    main()
