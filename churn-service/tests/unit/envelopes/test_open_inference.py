import json
import struct
from typing import Any

import pytest

from churn_contract.prediction import Prediction
from churn_contract.schema import demo_schema
from churn_service.envelopes.open_inference import (
    InferRequest,
    describe_model,
    read_request,
    write_answer,
)
from churn_service.errors import UnreadableBodyError

TENURE = {"name": "tenure", "datatype": "INT64", "shape": [2], "data": [1, 72]}
CONTRACT = {"name": "contract", "datatype": "BYTES", "shape": [2], "data": ["a", None]}


def body(*inputs: Any, **members: Any) -> bytes:
    return json.dumps({"inputs": inputs, **members}).encode()


def read(*inputs: Any, **members: Any) -> InferRequest:
    return read_request(body(*inputs, **members), None)


def prediction(chance: float) -> Prediction:
    return Prediction(
        churn_probability=chance, churn=chance >= 0.5, model_version="v1", threshold=0.5
    )


def test_tensors_become_records_in_any_order() -> None:
    records = [{"tenure": 1, "contract": "a"}, {"tenure": 72, "contract": None}]

    assert read(TENURE, CONTRACT).records == records
    assert read(CONTRACT, TENURE).records == records


@pytest.mark.parametrize("data", [[1, 72], [[1], [72]]])
@pytest.mark.parametrize(("shape", "rank"), [([2], 1), ([2, 1], 2)])
def test_data_is_flat_or_nested(data: list[Any], shape: list[int], rank: int) -> None:
    request = read(TENURE | {"data": data, "shape": shape})

    assert request.records == [{"tenure": 1}, {"tenure": 72}]
    assert request.rank == rank


def test_no_customers_are_none() -> None:
    request = read(TENURE | {"shape": [0], "data": []})
    content, _ = write_answer(request, [], model="churn", version="v1")

    assert request.records == []
    assert [output["data"] for output in json.loads(content)["outputs"]] == [[], []]


def test_unknown_members_and_null_are_no_matter() -> None:
    request = read(
        TENURE | {"parameters": {"content_type": "np"}, "rank": 1},
        id=None,
        parameters={"priority": 3},
        outputs=None,
        more=True,
    )

    assert request.id == ""
    assert request.outputs == {"churn_probability": False, "churn": False}


def test_bytes_follow_the_json_in_the_order_of_the_inputs() -> None:
    numbers = struct.pack("<2f", 29.85, 100.0)
    text = body(
        {
            "name": "monthlycharges",
            "datatype": "FP32",
            "shape": [2],
            "parameters": {"binary_data_size": 8},
        },
        TENURE,
        {
            "name": "partner",
            "datatype": "BOOL",
            "shape": [2],
            "parameters": {"binary_data_size": 2},
        },
    )
    request = read_request(text + numbers + b"\x01\x00", str(len(text)))

    first = {"monthlycharges": 29.850000381469727, "tenure": 1, "partner": True}
    assert request.records == [first, {"monthlycharges": 100.0, "tenure": 72, "partner": False}]


BYTES_INPUT = {"name": "a", "datatype": "BYTES", "shape": [1]}
WRONG = [
    ("no object", b"[]", "Expected `object`"),
    ("no JSON", b"{", "not valid JSON"),
    ("NaN", b'{"inputs": [NaN]}', "NaN and Infinity are not JSON"),
    ("key twice", b'{"inputs": [], "inputs": []}', "stands twice"),
    ("no inputs", b"{}", "missing required field `inputs`"),
    ("empty inputs", body(), "one input per field"),
    ("name twice", body(TENURE, TENURE), "each name once"),
    ("number as a name", body(TENURE | {"name": 5}), "Expected `str`"),
    ("no shape", body({"name": "a", "datatype": "BOOL", "data": []}), "required field `shape`"),
    ("datatype", body(TENURE | {"datatype": "INT63"}), "must be one of BOOL, UINT8"),
    ("shape of three", body(TENURE | {"shape": [2, 1, 1]}), r"must be \[n\] or \[n, 1\]"),
    ("shape of none", body(TENURE | {"shape": []}), r"must be \[n\]"),
    ("negative shape", body(TENURE | {"shape": [-1]}), r"must be \[n\]"),
    ("wide shape", body(TENURE | {"shape": [1, 2]}), r"must be \[n\]"),
    ("shape and data", body(TENURE | {"shape": [3]}), "as many elements as its shape"),
    ("two lengths", body(TENURE, BYTES_INPUT | {"data": ["x"]}), "same first dimension"),
    ("text for INT64", body(TENURE | {"data": ["1", 2]}), "elements of INT64"),
    ("part for INT64", body(TENURE | {"data": [1.5, 2]}), "elements of INT64"),
    ("true for INT64", body(TENURE | {"data": [True, 2]}), "elements of INT64"),
    ("number for BYTES", body(BYTES_INPUT | {"data": [1]}), "elements of BYTES"),
    ("deep data", body(BYTES_INPUT | {"data": [[["x"]]]}), "elements of BYTES"),
    ("no data", body(BYTES_INPUT), "either data or a binary_data_size"),
    (
        "both",
        body(BYTES_INPUT | {"data": ["x"], "parameters": {"binary_data_size": 5}}),
        "either data or",
    ),
    ("size", body(BYTES_INPUT | {"parameters": {"binary_data_size": "5"}}), "number of bytes"),
    ("size of true", body(BYTES_INPUT | {"parameters": {"binary_data_size": True}}), "number of"),
    ("size below 0", body(BYTES_INPUT | {"parameters": {"binary_data_size": -1}}), "number of"),
    ("size too large", body(BYTES_INPUT | {"parameters": {"binary_data_size": 9}}), "ends before"),
    ("unknown output", body(TENURE, outputs=[{"name": "label"}]), "outputs are: churn_prob"),
    ("number as id", body(TENURE, id=5), "Expected `str"),
]


@pytest.mark.parametrize(("content", "says"), [row[1:] for row in WRONG], ids=[r[0] for r in WRONG])
def test_what_is_no_request_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(UnreadableBodyError, match=says):
        read_request(content, None)


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
