"""Dates as people write them, read as meant, or left out with a word."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.config import parse_config
from churn_service.training.dataset import Dataset
from churn_service.training.dates import (
    DATE_FORMS,
    AmbiguousDatesError,
    DateForm,
    ages_in_days,
    find_date_form,
    is_dates,
)
from churn_service.training.errors import DataError
from churn_service.training.plain_table import cell_spellers
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table

DAY = date(2024, 3, 1)
LETTERS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "MON": "%b"}


def written(day: date, form: DateForm) -> str:
    text = form.layout
    for part in ("YYYY", "YY", "MON", "MM", "DD"):
        text = text.replace(part, LETTERS[part])
    return day.strftime(text)


@given(
    st.lists(st.dates(date(1970, 1, 1), date(2060, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(DATE_FORMS),
)
def test_a_form_reads_the_day_that_was_written(days: list[date], form: DateForm) -> None:
    ages = ages_in_days([written(day, form) for day in days], DAY, form)

    whole = "DD" in form.layout
    meant = [day if whole else day.replace(day=1) for day in days]
    assert ages == [str((DAY - day).days) for day in meant]


@pytest.mark.parametrize("form", DATE_FORMS, ids=lambda form: form.layout)
def test_the_form_of_a_column_is_found_out(form: DateForm) -> None:
    days = [date(2023, 1, 1) + timedelta(days=9 * step) for step in range(40)]
    found = find_date_form(Counter([*(written(day, form) for day in days), "NULL", "0000-00-00"]))

    assert found is not None
    assert [found.read(written(day, form)) for day in days] == [
        form.read(written(day, form)) for day in days
    ]


@pytest.mark.parametrize(
    "cell",
    ["2024-02-30", "31.13.2024", "5 Foo 2024", "1.2.3", "45123", "10-20", "2024", "May", "-", ""],
)
def test_other_cells_are_no_dates(cell: str) -> None:
    assert not is_dates(Counter([cell]))


@pytest.mark.parametrize(
    "cell", ["31.12.2023 23:59", "12/31/23 11:59 PM", "2023-12-31T10:00:00.5+01:00"]
)
def test_a_time_of_day_may_follow(cell: str) -> None:
    form = find_date_form(Counter([cell]))

    assert form is not None
    assert ages_in_days([cell], DAY, form) == ["61"]


def test_day_first_and_month_first_are_not_guessed() -> None:
    cells = Counter(["03/04/2024", "05/06/2024"])

    with pytest.raises(AmbiguousDatesError, match="DD/MM/YYYY and MM/DD/YYYY both fit"):
        find_date_form(cells)
    assert is_dates(cells)


def test_a_number_among_dates_is_no_age() -> None:
    assert ages_in_days(["2024-02-29", "17", "?"], DAY) == ["1", "no date: 17", "?"]


def dataset(cells: list[str], extra: str = "") -> Dataset:
    rows = [
        f'{"yes" if row % 5 in {0, 3} else "no"},{row % 7 + 0.5},"{cells[row % len(cells)]}"'
        for row in range(240)
    ]
    config = f'[data]\ntarget = "left"\npositive = "yes"\n{extra}'
    table = parse_table("\n".join(["left,spend,joined", *rows]).encode())
    return build_dataset(table, parse_config(config.encode()), "t")


def test_dates_become_ages_in_whatever_form() -> None:
    found = dataset(["31.12.2023", "29.02.2024", "NULL"], "snapshot_date = 2024-03-01\n")

    assert [customer.values[1] for customer in found.customers[:3]] == [61.0, 1.0, None]
    assert "its dates (DD.MM.YYYY) are used" in "\n".join(map(str, found.findings))


def test_dates_that_can_be_read_in_two_ways_are_left_out() -> None:
    found = dataset(["03/04/2024", "05/06/2024"], "snapshot_date = 2024-12-31\n")

    assert found.schema.field("joined").role == "ignored"
    assert "[ambiguous-dates]" in "\n".join(map(str, found.findings))


@pytest.mark.parametrize("extra", ["", "snapshot_date = 2024-03-01\n"])
def test_a_column_named_as_date_must_hold_dates(extra: str) -> None:
    with pytest.raises(DataError, match="joined: its cells are no dates: 'later'"):
        dataset(["soon", "later"], f'{extra}[columns.joined]\ntype = "date"\n')


SCHEMA = CustomerSchema(
    name="t",
    fields=(
        Field(name="joined", raw="Joined", kind="number", minimum=0, maximum=1e4, unit="days"),
        Field(name="plan", kind="category", levels=("a", "b")),
    ),
)


@pytest.mark.parametrize("cell", ["2024-02-29", "29.02.2024", "20240229"])
def test_a_file_to_score_may_have_dates_when_its_day_is_given(cell: str) -> None:
    table = parse_table(f"Joined,plan\n{cell},a\n".encode())

    [(place, spell)] = cell_spellers(table.header, table.rows, SCHEMA, DAY).items()

    assert (place, spell(cell)) == (0, "1")


@pytest.mark.parametrize(
    ("cell", "day", "words"),
    [
        ("2024-02-29", None, "column Joined holds dates.*add --snapshot-date"),
        ("03/04/2024", DAY, "column Joined: DD/MM/YYYY and MM/DD/YYYY both fit"),
    ],
)
def test_dates_that_cannot_be_counted_are_refused(cell: str, day: date | None, words: str) -> None:
    with pytest.raises(DataError, match=words):
        cell_spellers(("Joined", "plan"), [[cell, "a"]], SCHEMA, day)
