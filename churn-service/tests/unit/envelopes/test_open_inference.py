import json
import struct
from typing import Any

import pytest

from churn_service.envelopes.open_inference import InferRequest, read_request
from churn_service.errors import UnreadableBodyError

TENURE = {"name": "tenure", "datatype": "INT64", "shape": [2], "data": [1, 72]}
CONTRACT = {"name": "contract", "datatype": "BYTES", "shape": [2], "data": ["a", None]}


def body(*inputs: Any, **members: Any) -> bytes:
    return json.dumps({"inputs": inputs, **members}).encode()


def read(*inputs: Any, **members: Any) -> InferRequest:
    return read_request(body(*inputs, **members), None)


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
