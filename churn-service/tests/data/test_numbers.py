"""Numbers as people write them, read back as they were meant, or refused."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_service.training.amounts import Amount, read_amount
from churn_service.training.content import is_boolean, is_codes, is_infinite, is_row_number
from churn_service.training.levels import in_order, look_alikes
from churn_service.training.numbers import (
    NOTATIONS,
    AmbiguousNumbersError,
    Notation,
    find_reading,
    number_speller,
    plain_numbers,
)

NUMBER = st.decimals(-(10**9), 10**9, places=2)


def written(number: object, notation: Notation) -> str:
    """Spell a number in a notation, thousands marked."""
    text = f"{number:,.2f}".replace(",", "T").replace(".", notation.decimal)
    return text.replace("T", notation.thousands)


@given(st.lists(NUMBER, min_size=1, max_size=30), st.sampled_from(NOTATIONS))
def test_a_notation_reads_what_was_written_in_it(numbers: list[object], notation: Notation) -> None:
    cells = [written(number, notation) for number in numbers]

    assert [float(notation.read(cell) or "") for cell in cells] == list(map(float, numbers))  # type: ignore[arg-type]  # decimals


@given(st.lists(NUMBER, min_size=1, max_size=30), st.sampled_from(NOTATIONS))
def test_a_notation_that_is_found_is_the_one_written(
    numbers: list[object], notation: Notation
) -> None:
    cells = [written(number, notation) for number in numbers]
    found = plain_numbers([*cells, written(1234567, notation)])

    assert [float(cell) for cell in found[:-1]] == list(map(float, numbers))  # type: ignore[arg-type]  # decimals


@given(st.lists(st.integers(1, 999), min_size=1).map(lambda found: [f"{n},{n:03d}" for n in found]))
def test_a_comma_before_three_digits_is_never_guessed(cells: list[str]) -> None:
    with pytest.raises(AmbiguousNumbersError, match="1,234"):
        find_reading(Counter(cells))

    assert plain_numbers(cells) == cells


@pytest.mark.parametrize(
    ("cells", "plain"),
    [
        (["1,5", "12", "1,25"], ["1.5", "12", "1.25"]),
        (["1.234.567,8", "3"], ["1234567.8", "3"]),
        (["1\u202f234,5", "-2\xa0000"], ["1234.5", "-2000"]),
        (["1\u2019234.50", "7"], ["1234.50", "7"]),
        (["1.5", "n/a", "2", "3", "-"], ["1.5", "", "2", "3", ""]),
        (["0,123", "0,5"], ["0.123", "0.5"]),
        (["red", "1,5"], ["red", "1,5"]),
        (["1,5", "n/a", "2,25", "3"], ["1.5", "", "2.25", "3"]),
        (["12%", "7.5 %"], ["12", "7.5"]),
        (["$5", "$1,234.50", "-$2"], ["5", "1234.50", "-2"]),
        (["$36,060", "$900"], ["36060", "900"]),
        (["36.060 €", "900 €"], ["36060", "900"]),
        (["5,50\xa0€", "1.234,00 €"], ["5.50", "1234.00"]),
        (["EUR 5.5", "7 EUR"], ["5.5", "7"]),
        (["(1,234.50)", "7.25"], ["-1234.50", "7.25"]),
        (["\u22125.5", "7-", "\u2013 3"], ["-5.5", "-7", "-3"]),
        (["10.0.0.1", "192.168.1.7"], ["10.0.0.1", "192.168.1.7"]),
        (["0171 123 4567", "0172 987 6543"], ["0171 123 4567", "0172 987 6543"]),
        (["1.2.3", "1.10.0"], ["1.2.3", "1.10.0"]),
        (["5 apples", "7 apples"], ["5 apples", "7 apples"]),
        (["1.5", "inf", "2"], ["1.5", "inf", "2"]),
    ],
)
def test_what_is_clear_is_read(cells: list[str], plain: list[str]) -> None:
    assert plain_numbers(cells) == plain


@pytest.mark.parametrize("cells", [["1.5", "1,5"], ["1,234.5", "1.234,5"]])
def test_cells_that_contradict_each_other_are_refused(cells: list[str]) -> None:
    with pytest.raises(AmbiguousNumbersError, match="no way of writing numbers"):
        find_reading(Counter(cells))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["$5", "€5", "$7"], r"units '\$', '€' are mixed"),
        (["12%", "0.12", "13%"], "1 of the numbers have no percent sign"),
    ],
)
def test_units_that_cannot_be_one_column_are_refused(cells: list[str], words: str) -> None:
    with pytest.raises(AmbiguousNumbersError, match=words):
        find_reading(Counter(cells))


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("-0.0", Amount("-0.0", "")),
        ("1e5", Amount("1e5", "")),
        ("US$ 5", Amount("5", "US$")),
        ("- 5 %", Amount("-5", "%")),
        ("(5 €)", Amount("-5", "€")),
        ("$5 €", None),
        ("(5", None),
        ("-(5)", None),
        ("--5", None),
        ("10-20", None),
        ("5 GB", None),
        ("$", None),
    ],
)
def test_an_amount_is_a_number_with_one_sign_and_one_unit(cell: str, amount: Amount | None) -> None:
    assert read_amount(cell) == amount


def test_postcodes_are_codes_and_counts_are_none() -> None:
    assert is_codes({"01000": 3, "20000": 1})
    assert not is_codes({"01": 3, "2": 1})
    assert not is_codes({"10": 3, "20": 1})
    assert not is_codes({"0.1": 3, "0.2": 1})
    assert not is_codes({f"{number:04d}": 1 for number in range(99)})


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "∞", "1e400", "-1E999", "9" * 400])
def test_infinity_is_seen(cell: str) -> None:
    assert is_infinite(cell)


@pytest.mark.parametrize("cell", ["1e30", "info", "12", "nan", "3.4.5"])
def test_other_cells_are_not_infinite(cell: str) -> None:
    assert not is_infinite(cell)


def test_booleans_may_be_spelled_in_several_ways() -> None:
    assert is_boolean({"yes", "true", "no", "0"})
    assert not is_boolean({"yes", "true"})
    assert not is_boolean({"yes", "no", "maybe"})


def test_row_numbers_have_no_gaps() -> None:
    assert is_row_number(Counter(["3", "1", "2"]))
    assert not is_row_number(Counter(["3", "1", "4"]))
    assert not is_row_number(Counter(["3", "1", "1"]))


@pytest.mark.parametrize(
    ("levels", "order"),
    [
        (["high", "low", "medium"], ["low", "medium", "high"]),
        ([">20", "10-20", "<10"], ["<10", "10-20", ">20"]),
        (["65+", "18-30", "31-64"], ["18-30", "31-64", "65+"]),
        (["$120k_+", "$40k_-_$60k", "less_than_$40k", "unknown"],
         ["less_than_$40k", "$40k_-_$60k", "$120k_+", "unknown"]),
        (["1,000-2,000", "<1,000", ">2,000"], ["<1,000", "1,000-2,000", ">2,000"]),
        (["q3", "q1", "q2"], ["q1", "q2", "q3"]),
        (["grade_10", "grade_9", "grade_1"], ["grade_1", "grade_9", "grade_10"]),
        (["master", "high_school", "phd"], ["high_school", "master", "phd"]),
        (["unknown", "a", "b"], None),
        (["store_1", "store_2", "store_3"], None),
        (["north", "low", "high"], None),
        (["plan_1", "plan_1b", "x"], None),
        (["a", "b"], None),
    ],
)  # fmt: skip
def test_levels_with_an_order_are_put_in_it(levels: list[str], order: list[str] | None) -> None:
    assert in_order(levels) == order


def test_look_alikes_need_a_letter() -> None:
    assert look_alikes(["e-mail", "e_mail", "1-5", "1.5", "a+", "a-"]) == [["e-mail", "e_mail"]]


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (["1,5", "1.234,5"], {"7,25": "7.25", "n/a": "", "12": "12", "red": "red"}),
        (["1,5", "1.234,5"], {"1.5": "not like 1.234,5: 1.5"}),
        (["$5", "$1,234.50"], {"$9": "9", "8.5": "8.5", "€9": "not like 1,234.5: €9"}),
        (["1.5", "2"], {"3": "3", "1,5": "1,5", "NA": ""}),
        (["red", "1,5"], {"2,5": "2,5"}),
        (["1,234"], {"5": "5"}),
    ],
)
def test_later_cells_are_spelled_as_the_first_were(first: list[str], later: dict[str, str]) -> None:
    spell = number_speller(Counter(first))

    assert [spell(cell) for cell in first] == plain_numbers(first)
    assert {cell: spell(cell) for cell in later} == later
