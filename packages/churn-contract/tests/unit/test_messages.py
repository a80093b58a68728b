import re

import msgspec
import pytest

from churn_contract import headers
from churn_contract.errors import (
    ContractError,
    InvalidCustomersError,
    MalformedBodyError,
    SchemaError,
    TooManyRowsError,
)
from churn_contract.outcome import Outcome
from churn_contract.prediction import Prediction, Reason
from churn_contract.problem import PROBLEM_MEDIA_TYPE, FieldError, Problem


def test_a_problem_is_written_as_rfc_9457_without_empty_members() -> None:
    problem = Problem("/problems/no-model", "No model", 503)
    assert problem.to_json() == b'{"type":"/problems/no-model","title":"No model","status":503}'
    assert PROBLEM_MEDIA_TYPE == "application/problem+json"


def test_a_problem_comes_back_from_its_json_with_every_field_error() -> None:
    error = FieldError("/0/tenure", "tenure", "missing", "is missing")
    problem = Problem("/problems/invalid-customer", "T", 422, "d", "req-1", (error,))
    assert msgspec.json.decode(problem.to_json(), type=Problem) == problem


def test_a_prediction_leaves_out_what_was_not_asked_for() -> None:
    plain = Prediction(0.25, churn=False, model_version="abc", threshold=0.5)
    assert msgspec.to_builtins(plain) == {
        "churn_probability": 0.25,
        "churn": False,
        "model_version": "abc",
        "threshold": 0.5,
    }
    reason = Reason("tenure", 1.0, 0.5, "Few months raise the risk")
    told = msgspec.structs.replace(plain, customer_id="7", reasons=(reason,))
    assert msgspec.json.decode(msgspec.json.encode(told), type=Prediction) == told


@pytest.mark.parametrize(
    "body",
    [
        b'{"customer_id":"7","kind":"moved","occurred_at":"2026-01-01T00:00:00Z","source_id":"1"}',
        b'{"customer_id":"7","kind":"churned","source_id":"1"}',
        b'{"customer_id":"7","kind":"churned","occurred_at":"x","source_id":"1","note":""}',
    ],
)
def test_an_outcome_of_unknown_kind_or_form_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Outcome)


def test_header_names_are_tokens_and_differ() -> None:
    names = [value for name, value in vars(headers).items() if name.isupper()]
    assert len({name.lower() for name in names}) == len(names) == 14
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z-]*", name) for name in names)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SchemaError("field 'a': rule"), "field 'a': rule"),
        (MalformedBodyError("empty"), "empty"),
        (MalformedBodyError("empty", 3), "empty (byte 3)"),
        (TooManyRowsError(3, 2), "3 customers in one body, at most 2 are allowed; split it"),
        (InvalidCustomersError(()), "0 wrong field(s)"),
        (
            InvalidCustomersError((FieldError("", "", "wrong-shape", "must be one"),), 2),
            "2 wrong field(s), first: body: must be one",
        ),
    ],
)
def test_each_error_says_what_is_wrong(error: ContractError, text: str) -> None:
    assert isinstance(error, ContractError)
    assert str(error) == text
