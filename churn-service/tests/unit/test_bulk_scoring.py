import pytest

from churn_service.bulk_scoring import (
    CustomerFileError,
    ignored_columns,
    output_row,
    score_rows,
)
from churn_service.loading import load_predictor
from churn_service.predictor import Predictor
from churn_service.training.trainer import Registration

HEADER = ("Member No", "Home Club", "AGE", "monthly_fee", "has_trainer", "Visits", "postcode",
          "Mood", "Cancelled", "Extra")  # fmt: skip
ROW = ("M-1", "North", "30", "", "TRUE", "3", "9999", "None", "1", "x")


@pytest.fixture(scope="module")
def predictor(gym_version: Registration) -> Predictor:
    return load_predictor(gym_version.folder)


def test_raw_and_canonical_headers_are_taken_in_any_order(predictor: Predictor) -> None:
    [there] = score_rows(predictor, HEADER, [(2, ROW)])
    [back] = score_rows(predictor, HEADER[::-1], [(2, ROW[::-1])])

    assert there == back
    assert output_row(there) == (
        "M-1",
        repr(there.churn_probability),
        "true" if there.churn else "false",
        predictor.version,
    )


def test_columns_without_use_are_named(predictor: Predictor) -> None:
    assert ignored_columns(predictor.schema, HEADER) == ("Cancelled", "Extra")


def test_every_bad_row_is_named_and_nothing_is_scored(predictor: Predictor) -> None:
    rows = [(2, ROW), (3, ("M-2", "North", "old", *ROW[3:])), (5, ("M-3", "N", "-9", *ROW[3:]))]

    with pytest.raises(CustomerFileError) as caught:
        score_rows(predictor, HEADER, rows)
    assert [problem.split(" must")[0] for problem in caught.value.problems] == [
        "line 3: age",
        "line 5: age",
    ]


def test_missing_and_repeated_columns_are_named(predictor: Predictor) -> None:
    with pytest.raises(CustomerFileError, match=r"missing: home_club.*twice: age"):
        score_rows(predictor, (*HEADER[2:], "age"), [])
