"""Answers of the Open Inference Protocol v2: a tensor per output, and what a model takes."""

from collections.abc import Sequence

import msgspec

from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema, Field
from churn_service.envelopes.binary_tensors import BYTES, HEADER_LENGTH, pack
from churn_service.envelopes.open_inference import OUTPUTS, InferRequest

MEDIA_TYPE = "application/json"
BINARY_MEDIA_TYPE = "application/octet-stream"


def write_answer(
    request: InferRequest, predictions: Sequence[Prediction], *, model: str, version: str
) -> tuple[bytes, dict[str, str]]:
    """Return the body of the answer and its headers."""
    shape = [len(predictions), 1][: request.rank]
    outputs, parts = [], []
    for name, is_binary in request.outputs.items():
        values = [getattr(prediction, name) for prediction in predictions]
        output: dict[str, object] = {"name": name, "datatype": OUTPUTS[name], "shape": shape}
        if is_binary:
            parts.append(pack(OUTPUTS[name], values))
            output["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            output["data"] = values
        outputs.append(output)
    answer: dict[str, object] = {"model_name": model, "model_version": version, "outputs": outputs}
    if request.id:
        answer["id"] = request.id
    if predictions:
        answer["parameters"] = {"threshold": predictions[0].threshold}
    text = msgspec.json.encode(answer)
    if not parts:
        return text, {"Content-Type": MEDIA_TYPE}
    headers = {"Content-Type": BINARY_MEDIA_TYPE, HEADER_LENGTH: str(len(text))}
    return b"".join([text, *parts]), headers


def describe_model(schema: CustomerSchema, *, name: str, versions: Sequence[str]) -> bytes:
    """Return the metadata of a model: its inputs are the features, in their order."""
    inputs = [_metadata(field.name, _datatype(field)) for field in schema.features]
    outputs = [_metadata(output, datatype) for output, datatype in OUTPUTS.items()]
    return msgspec.json.encode({
        "name": name,
        "versions": versions,
        "platform": "churn_model",
        "inputs": inputs,
        "outputs": outputs,
    })


def _metadata(name: str, datatype: str) -> dict[str, object]:
    return {"name": name, "datatype": datatype, "shape": [-1, 1]}


def _datatype(field: Field) -> str:
    if field.kind == "number":
        return "FP64"
    return "INT64" if field.is_zero_one else BYTES
