import json
from typing import Any

import pytest

from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema, Field
from churn_service.envelopes.instances import (
    may_be_shape,
    read_document,
    read_instances,
    write_predictions,
)
from churn_service.errors import UnreadableBodyError

SCHEMA = CustomerSchema(
    name="small",
    fields=(
        Field(name="tenure", kind="number", minimum=0, maximum=99),
        Field(name="contract", kind="category", levels=("a", "b")),
    ),
)
NAMES = ["tenure", "contract"]
RECORDS = [{"tenure": 1, "contract": "a"}, {"tenure": 2, "contract": None}]
LISTS = [[1, "a"], [2, None]]


@pytest.mark.parametrize(
    "document",
    [
        {"dataframe_split": {"index": [0, 1], "columns": ["tenure", "contract"], "data": LISTS}},
        {
            "dataframe_split": {
                "columns": ["contract", "tenure"],
                "data": [row[::-1] for row in LISTS],
            }
        },
        {"dataframe_split": {"data": LISTS}},
        {"dataframe_records": RECORDS},
        {"instances": RECORDS},
        {"instances": LISTS},
        {"inputs": RECORDS},
        {"inputs": {"tenure": [1, 2], "contract": ["a", None]}},
        {"inputs": {"tenure": [[1], [2]], "contract": ["a", None]}},
        {"instances": RECORDS, "signature_name": "serving_default"},
    ],
)
def test_every_shape_holds_the_same_records(document: Any) -> None:
    content = json.dumps(document).encode()

    assert may_be_shape(content)
    assert read_document(content, SCHEMA) == (RECORDS, "probability")


def test_single_values_are_one_customer() -> None:
    document = {"inputs": {"tenure": 1, "contract": "a"}}

    assert read_instances(document, SCHEMA).records == RECORDS[:1]


def test_no_customers_are_none() -> None:
    assert read_instances({"instances": []}, SCHEMA).records == []
    assert read_instances({"inputs": {"tenure": []}}, SCHEMA).records == []


def test_what_is_no_customer_is_left_to_the_schema() -> None:
    assert read_instances({"instances": [5, None]}, SCHEMA).records == [5, None]


@pytest.mark.parametrize("member", ["params", "parameters"])
def test_another_output_may_be_asked_for(member: str) -> None:
    document = {"instances": [], member: {"output": "decision"}}

    assert read_instances(document, SCHEMA).output == "decision"


@pytest.mark.parametrize("parameters", [None, {}, [], {"temperature": 3}])
def test_other_parameters_are_no_matter(parameters: object) -> None:
    document = {"instances": [], "parameters": parameters}

    assert read_instances(document, SCHEMA).output == "probability"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], "exactly one of"),
        ({}, "exactly one of"),
        ({"instances": [], "inputs": []}, "exactly one of"),
        ({"instances": [], "tenure": 1}, "exactly one of"),
        ({"instances": 5}, "a list of customers"),
        ({"inputs": {"tenure": [1], "contract": []}}, "as many values"),
        ({"inputs": {}}, "as many values"),
        ({"instances": [[1]]}, "must have 2"),
        ({"dataframe_records": "x"}, "a list of customers"),
        ({"dataframe_split": []}, "no dataframe_split"),
        ({"dataframe_split": {"columns": NAMES}}, "required field `data`"),
        ({"dataframe_split": {"columns": [1, 2], "data": []}}, "no dataframe_split"),
        ({"dataframe_split": {"columns": "ab", "data": []}}, "no dataframe_split"),
        ({"dataframe_split": {"columns": ["a", "a"], "data": []}}, "each name once"),
        ({"dataframe_split": {"columns": NAMES, "data": [5]}}, "no dataframe_split"),
        ({"dataframe_split": {"columns": NAMES, "data": [[1]]}}, "must have 2"),
        ({"instances": [], "params": {"output": "logit"}}, "output is one of"),
        ({"instances": [], "params": {"output": ["object"]}}, "output is one of"),
    ],
)
def test_what_is_no_shape_is_refused(document: object, says: str) -> None:
    with pytest.raises(UnreadableBodyError, match=says):
        read_instances(document, SCHEMA)


@pytest.mark.parametrize("document", [5, None, [], [{"inputs": 1}], {"tenure": 1}])
def test_a_customer_is_no_shape(document: object) -> None:
    assert read_document(json.dumps(document).encode(), SCHEMA) is None


def test_a_customer_is_told_from_a_shape_quickly() -> None:
    assert not may_be_shape(b'{"tenure": 1}')


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("probability", 0.75),
        ("decision", True),
        (
            "object",
            {"churn_probability": 0.75, "churn": True, "model_version": "v1", "threshold": 0.5},
        ),
    ],
)
def test_predictions_are_what_was_asked_for(output: str, shown: object) -> None:
    prediction = Prediction(churn_probability=0.75, churn=True, model_version="v1", threshold=0.5)

    assert json.loads(write_predictions([prediction], output)) == {"predictions": [shown]}
