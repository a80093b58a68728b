import itertools

import pytest

from churn_contract.samples import sample_customers
from churn_service.bulk_scoring import (
    CustomerFileError,
    RowReader,
    check_rows,
    complaints,
    ignored_columns,
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
    [there] = check_rows(predictor, HEADER, [(2, ROW)])
    [back] = check_rows(predictor, HEADER[::-1], [(2, ROW[::-1])])

    assert there == back
    assert there.customer_id == "M-1"


def test_columns_without_use_are_named(predictor: Predictor) -> None:
    assert ignored_columns(predictor.schema, HEADER) == ("Cancelled", "Extra")


def test_every_bad_row_is_named_and_nothing_is_scored(predictor: Predictor) -> None:
    rows = [(2, ROW), (3, ("M-2", "North", "old", *ROW[3:])), (5, ("M-3", "N", "-9", *ROW[3:]))]

    with pytest.raises(CustomerFileError) as caught:
        check_rows(predictor, HEADER, rows)
    assert [problem.split(" must")[0] for problem in caught.value.problems] == [
        "line 3: age",
        "line 5: age",
    ]


def test_rows_are_read_as_the_validator_reads_them(predictor: Predictor) -> None:
    names = [field.name for field in predictor.schema.features]
    odd = itertools.cycle([
        ("", ""),
        ("age", "x"),
        ("age", " 41 "),
        ("visits", "-1"),
        ("mood", "?"),
    ])
    samples = itertools.islice(sample_customers(predictor.schema, seed=3), 400)
    rows = []
    for record, (name, cell) in zip(samples, odd, strict=False):
        cells = {key: "" if value is None else str(value) for key, value in record.items()}
        rows.append([(cells | {name: cell})[key] for key in names])

    found = RowReader(predictor, names).read(rows)

    records = [dict(zip(names, row, strict=True)) for row in rows]
    expected = predictor.validator.check_rows(records, text=True)
    assert found.customers == [each for each in expected.customers if each is not None]
    assert found.bad == expected.errors
    assert 80 <= len(found.bad) < 400


def test_a_row_of_another_width_is_a_bad_row(predictor: Predictor) -> None:
    found = RowReader(predictor, HEADER).read([ROW, ROW[:-1]])

    assert len(found.customers) == 1
    [bad] = found.bad
    assert (bad.row, bad.errors[0].code) == (1, "wrong-shape")
    assert complaints(7, bad.errors) == ["line 7: must have 10 cells, as the header has; it has 9"]


def test_many_different_cells_are_forgotten(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("churn_service.bulk_scoring._MOST_KNOWN_CELLS", 10)
    reader = RowReader(predictor, HEADER)

    ages = [float(age) for age in range(16, 80)]
    found = reader.read([*ROW[:2], str(age), *ROW[3:]] for age in range(16, 80))

    place = [field.name for field in predictor.schema.features].index("age")
    assert [customer.values[place] for customer in found.customers] == ages
    assert max(map(len, reader._known)) <= 10


def test_missing_and_repeated_columns_are_named(predictor: Predictor) -> None:
    with pytest.raises(CustomerFileError, match=r"missing: home_club.*twice: age"):
        check_rows(predictor, (*HEADER[2:], "age"), [])
