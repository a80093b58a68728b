import json
import struct
from typing import Any

import pytest

from churn_contract.prediction import Prediction
from churn_contract.schema import demo_schema
from churn_service.envelopes.open_inference import InferRequest, read_request
from churn_service.envelopes.open_inference_answers import describe_model, write_answer

TENURE = {"name": "tenure", "datatype": "INT64", "shape": [2], "data": [1, 72]}


def read(*inputs: Any, **members: Any) -> InferRequest:
    return read_request(json.dumps({"inputs": inputs, **members}).encode(), None)


def prediction(chance: float) -> Prediction:
    return Prediction(
        churn_probability=chance, churn=chance >= 0.5, model_version="v1", threshold=0.5
    )


def test_no_customers_are_none() -> None:
    request = read(TENURE | {"shape": [0], "data": []})
    content, _ = write_answer(request, [], model="churn", version="v1")

    assert request.records == []
    assert [output["data"] for output in json.loads(content)["outputs"]] == [[], []]


def test_the_answer_has_the_rank_and_id_of_the_request() -> None:
    request = read(TENURE | {"shape": [2, 1]}, id="call 7")
    content, headers = write_answer(
        request, [prediction(0.25), prediction(0.75)], model="churn", version="v1"
    )

    assert headers == {"Content-Type": "application/json"}
    assert json.loads(content) == {
        "model_name": "churn",
        "model_version": "v1",
        "id": "call 7",
        "parameters": {"threshold": 0.5},
        "outputs": [
            {
                "name": "churn_probability",
                "datatype": "FP64",
                "shape": [2, 1],
                "data": [0.25, 0.75],
            },
            {"name": "churn", "datatype": "BOOL", "shape": [2, 1], "data": [False, True]},
        ],
    }


@pytest.mark.parametrize(
    ("members", "binary"),
    [
        ({"parameters": {"binary_data_output": True}}, ["churn_probability", "churn"]),
        ({"outputs": [{"name": "churn", "parameters": {"binary_data": True}}]}, ["churn"]),
        (
            {
                "parameters": {"binary_data_output": True},
                "outputs": [
                    {"name": "churn", "parameters": {"binary_data": False}},
                    {"name": "churn_probability"},
                ],
            },
            ["churn_probability"],
        ),
    ],
)
def test_outputs_are_bytes_when_asked_for(members: dict[str, Any], binary: list[str]) -> None:
    content, headers = write_answer(
        read(TENURE, **members), [prediction(0.25), prediction(0.75)], model="churn", version="v1"
    )
    length = int(headers["Inference-Header-Content-Length"])
    outputs = json.loads(content[:length])["outputs"]
    sizes = {
        output["name"]: output["parameters"]["binary_data_size"]
        for output in outputs
        if "parameters" in output
    }
    packed = {"churn_probability": struct.pack("<2d", 0.25, 0.75), "churn": b"\x00\x01"}

    assert headers["Content-Type"] == "application/octet-stream"
    assert sizes == {name: len(packed[name]) for name in binary}
    assert content[length:] == b"".join(packed[name] for name in binary)
    assert all("data" in output for output in outputs if output["name"] not in binary)


def test_only_wanted_outputs_are_answered() -> None:
    request = read(TENURE, outputs=[{"name": "churn"}])
    content, _ = write_answer(
        request, [prediction(0.25), prediction(0.75)], model="churn", version="v1"
    )

    assert [output["name"] for output in json.loads(content)["outputs"]] == ["churn"]


def test_the_metadata_has_an_input_per_feature() -> None:
    schema = demo_schema()
    facts = json.loads(describe_model(schema, name="churn", versions=["v1"]))
    datatypes = {tensor["name"]: tensor["datatype"] for tensor in facts["inputs"]}

    assert (facts["name"], facts["versions"]) == ("churn", ["v1"])
    assert list(datatypes) == [field.name for field in schema.features]
    assert datatypes["tenure"] == "FP64"
    assert datatypes["contract"] == datatypes["partner"] == "BYTES"
    assert datatypes["seniorcitizen"] == "INT64"
    assert {tuple(tensor["shape"]) for tensor in facts["inputs"] + facts["outputs"]} == {(-1, 1)}
