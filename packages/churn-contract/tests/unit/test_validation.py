import contextlib
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_contract.errors import (
    ContractError,
    InvalidCustomersError,
    MalformedBodyError,
    TooManyRowsError,
)
from churn_contract.records import NoRecord
from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, demo_schema
from churn_contract.validation import Customer, Validator

Record = dict[str, object]
DEMO = Validator(demo_schema())
SAMPLES = sample_customers(demo_schema(), seed=7)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["yes", "no", "0", "1", "two_year", "Two year", " Male ", "", "5"]),
    st.text(max_size=5),
    st.lists(st.none(), max_size=1),
)


def body(record: object) -> bytes:
    return json.dumps(record).encode()


def refusal(validator: Validator, content: bytes) -> InvalidCustomersError:
    with pytest.raises(InvalidCustomersError) as caught:
        validator.decode(content)
    return caught.value


def one_error(validator: Validator, content: bytes) -> tuple[str, str, str, str]:
    error = refusal(validator, content)
    assert error.total == 1
    (found,) = error.errors
    return found.pointer, found.field, found.code, found.detail


def test_a_customer_comes_back_in_the_order_of_the_schema(
    validator: Validator, record: Record
) -> None:
    customer = validator.decode(body(dict(reversed(record.items()))))
    assert isinstance(customer, Customer)
    assert customer.customer_id is None
    assert customer.values == tuple(
        "0" if name == "seniorcitizen" else value for name, value in record.items()
    )
    assert isinstance(customer.values[4], float)


def test_an_array_comes_back_as_a_list_in_its_order(validator: Validator, record: Record) -> None:
    rows = [record | {"tenure": months} for months in (3, 1, 2)]
    found = validator.decode(body(rows))
    assert [customer.values[4] for customer in found] == [3, 1, 2]  # type: ignore[union-attr, misc]  # a list


def test_an_empty_array_is_an_empty_list(validator: Validator) -> None:
    assert validator.decode(b"[]") == []
    assert validator.decode(b" [ ] ") == []


@pytest.mark.parametrize("content", [b"{}", b'{"a": 1, "b": 2}'])
def test_every_missing_field_is_named(validator: Validator, content: bytes) -> None:
    errors = refusal(validator, content).errors
    missing = [error.field for error in errors if error.code == "missing"]
    assert missing == [field.name for field in validator.schema.features]
    unknown = [error.field for error in errors if error.code == "unknown-field"]
    assert unknown == list(json.loads(content))


def test_one_missing_field_is_named_with_what_it_takes(
    validator: Validator, record: Record
) -> None:
    del record["tenure"]
    assert one_error(validator, body(record)) == (
        "/tenure",
        "tenure",
        "missing",
        "is missing: a number from 0 to 792 months",
    )


def test_a_missing_field_that_may_be_null_says_so(validator: Validator, record: Record) -> None:
    del record["totalcharges"]
    assert "send null" in one_error(validator, body(record))[3]


def test_the_raw_spelling_of_the_file_is_the_same_customer(
    validator: Validator, record: Record
) -> None:
    raw = {
        field.raw or field.name: dict(zip(field.levels, field.raw_levels, strict=False)).get(
            str(record[field.name]), record[field.name]
        )
        for field in validator.schema.features
    }
    assert raw["Contract"] == "Month-to-month"
    assert validator.decode(body(raw)) == validator.decode(body(record))


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"tenure": "1"}, "wrong-type", "a number from 0 to 792 months; remove the quotes"),
        ({"tenure": "one"}, "wrong-type", "must be a number from 0 to 792 months"),
        ({"tenure": True}, "wrong-type", "a number"),
        ({"tenure": [1]}, "wrong-type", "a number"),
        ({"tenure": {}}, "wrong-type", "a number"),
        ({"tenure": None}, "null", "must have a value: a number"),
        ({"tenure": -1000}, "out-of-range", "from 0 to 792"),
        ({"tenure": 1e308}, "out-of-range", "from 0 to 792"),
        ({"contract": 1}, "wrong-type", "month-to-month, one_year, two_year"),
        ({"contract": True}, "wrong-type", "month-to-month"),
        ({"contract": "weekly"}, "unknown-level", "month-to-month, one_year, two_year"),
        ({"contract": None}, "null", "month-to-month"),
        ({"contract": " "}, "null", "month-to-month"),
        ({"seniorcitizen": 2}, "wrong-type", "one of 0, 1"),
        ({"seniorcitizen": "2"}, "unknown-level", "one of 0, 1"),
        ({"seniorcitizen": 0.5}, "wrong-type", "one of 0, 1"),
        ({"partner": 1}, "wrong-type", "one of no, yes"),
        ({"Tenure": 2}, "duplicate", "two spellings"),
        ({"tenur": 2}, "unknown-field", "did you mean tenure?"),
        ({"shoe size": 2}, "unknown-field", "not a field"),
        ({"churn": "no"}, "unknown-field", "is the outcome"),
        ({"Churn": "Yes"}, "unknown-field", "is the outcome"),
        ({"customerid": 1.5}, "wrong-type", "a string or an integer"),
        ({"customerid": True}, "wrong-type", "a string or an integer"),
        ({"customerid": "x" * 201}, "out-of-range", "200 characters"),
        ({"customerid": 10**200}, "out-of-range", "200 characters"),
    ],
)
def test_a_wrong_member_is_refused_with_the_rule(
    validator: Validator, record: Record, change: Record, code: str, words: str
) -> None:
    pointer, _, found, detail = one_error(validator, body(record | change))
    assert pointer == "/" + next(iter(change))
    assert found == code
    assert words in detail


@pytest.mark.parametrize("number", [b"1e400", b"9" * 5000])
def test_a_number_beyond_floats_is_out_of_range(
    validator: Validator, record: Record, number: bytes
) -> None:
    content = body(record | {"tenure": 77}).replace(b"77", number)
    assert one_error(validator, content)[2] == "out-of-range"


@pytest.mark.parametrize(
    ("sent", "level"),
    [(0, "0"), (1, "1"), (True, "1"), (False, "0"), ("1", "1"), (1.0, "1")],
)
def test_a_zero_one_field_takes_numbers_and_booleans(
    validator: Validator, record: Record, sent: object, level: str
) -> None:
    customer = validator.decode(body(record | {"seniorcitizen": sent}))
    assert customer.values[1] == level  # type: ignore[union-attr]  # one object


def test_a_yes_no_field_takes_true_and_false(validator: Validator, record: Record) -> None:
    customer = validator.decode(body(record | {"partner": True, "dependents": False}))
    assert customer.values[2:4] == ("yes", "no")  # type: ignore[union-attr]  # one object


def test_null_stands_for_the_schemas_blank(validator: Validator, record: Record) -> None:
    customer = validator.decode(body(record | {"totalcharges": None}))
    assert customer.values[-1] == 0  # type: ignore[union-attr]  # one object


@pytest.mark.parametrize(
    ("sent", "kept"), [("7590-VHVEG", "7590-VHVEG"), (12, "12"), (" a ", "a"), ("", None)]
)
def test_the_id_is_kept_as_text(
    validator: Validator, record: Record, sent: object, kept: str | None
) -> None:
    for name in ("customerid", "customerID"):
        customer = validator.decode(body(record | {name: sent}))
        assert customer.customer_id == kept  # type: ignore[union-attr]  # one object


@pytest.mark.parametrize("document", ["null", "5", '"x"', "true"])
def test_a_body_of_another_shape_is_told_the_shape(validator: Validator, document: str) -> None:
    pointer, field, code, detail = one_error(validator, document.encode())
    assert (pointer, field, code) == ("", "", "wrong-shape")
    assert "an object with a member per field, or an array" in detail
    assert one_error(validator, f"[{document}]".encode())[0] == "/0"


def test_a_wrapped_customer_is_told_the_shape(validator: Validator, record: Record) -> None:
    errors = refusal(validator, body({"customer": record})).errors
    assert [error.code for error in errors] == ["wrong-shape"]
    errors = refusal(validator, body([[record]])).errors
    assert [(error.pointer, error.code) for error in errors] == [("/0", "wrong-shape")]


@pytest.mark.parametrize("flaw", [b",", b' "tenure": 72,', b" NaN", b"\xff"])
def test_a_malformed_body_beats_wrong_fields(
    validator: Validator, record: Record, flaw: bytes
) -> None:
    content = body(record | {"contract": "weekly"})
    with pytest.raises(MalformedBodyError) as caught:
        validator.decode(content[:1] + flaw + content[1:])
    assert caught.value.offset is not None


def test_a_duplicate_of_a_good_field_is_malformed(validator: Validator, record: Record) -> None:
    content = body(record)[:-1] + b', "tenure": 72}'
    for sent in (content, b"[" + content + b"]"):
        with pytest.raises(MalformedBodyError, match="twice"):
            validator.decode(sent)


def test_every_bad_field_of_every_bad_customer_is_listed(
    validator: Validator, record: Record
) -> None:
    rows = [record, record | {"tenure": -1, "contract": 5}, 7, record | {"a/b~": 1}]
    errors = refusal(validator, body(rows)).errors
    assert [(error.pointer, error.code) for error in errors] == [
        ("/1/tenure", "out-of-range"),
        ("/1/contract", "wrong-type"),
        ("/2", "wrong-shape"),
        ("/3/a~1b~0", "unknown-field"),
    ]


def test_a_hundred_errors_are_kept_and_all_are_counted(validator: Validator) -> None:
    error = refusal(validator, b"[" + b",".join([b"{}"] * 30) + b"]")
    assert error.total == 30 * 19
    assert len(error.errors) == 100
    assert "570 wrong" in str(error)


def test_errors_never_repeat_what_was_sent(validator: Validator, record: Record) -> None:
    secret = "anna@example.test"
    wrong = dict.fromkeys(record, secret) | {"customerid": [secret]}
    error = refusal(validator, body(wrong))
    assert error.total == 20
    assert secret not in str(error)
    assert all(secret not in found.detail + found.field for found in error.errors)


def test_a_long_unknown_name_is_cut_in_the_answer(validator: Validator, record: Record) -> None:
    pointer, field, _, _ = one_error(validator, body(record | {"k" * 10_000: 1}))
    assert len(pointer) <= 65
    assert len(field) <= 64


def test_ignored_unknown_fields_change_nothing(schema: CustomerSchema, record: Record) -> None:
    lenient = Validator(schema, unknown_fields="ignore")
    assert lenient.decode(body(record | {"shoe": [1]})) == lenient.decode(body(record))
    assert one_error(lenient, body(record | {"Churn": "No"}))[2] == "unknown-field"


@pytest.mark.parametrize("name", ["seniorcitizen", "SeniorCitizen"])
def test_more_rows_than_allowed_are_refused_before_they_are_checked(
    schema: CustomerSchema, record: Record, name: str
) -> None:
    short = Validator(schema, max_rows=2)
    row = record | {name: record.pop("seniorcitizen")}
    assert len(short.decode(body([row] * 2))) == 2
    with pytest.raises(TooManyRowsError, match=r"3 customers.* at most 2") as caught:
        short.decode(body([row] * 3))
    assert (caught.value.rows, caught.value.limit) == (3, 2)


def test_records_and_cells_can_be_checked_under_a_pointer(
    validator: Validator, record: Record
) -> None:
    with pytest.raises(InvalidCustomersError) as caught:
        validator.check(record | {"tenure": -1}, "/rows/7")
    assert caught.value.errors[0].pointer == "/rows/7/tenure"


def test_cells_of_a_file_are_the_same_customer_as_json(
    validator: Validator, record: Record
) -> None:
    cells = {name: f" {value} " for name, value in record.items()}
    assert validator.check_text(cells) == validator.check(record)


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("tenure", "+1.50e1", 15),
        ("tenure", ".5", 0.5),
        ("totalcharges", " ", 0),
        ("seniorcitizen", "Yes", "1"),
        ("seniorcitizen", "1.0", "1"),
        ("partner", "TRUE", "yes"),
        ("partner", "0", "no"),
        ("contract", "One Year", "one_year"),
    ],
)
def test_a_cell_is_parsed(
    validator: Validator, record: Record, name: str, cell: str, value: object
) -> None:
    cells = {key: str(sent) for key, sent in record.items()} | {name: cell}
    position = list(record).index(name)
    assert validator.check_text(cells).values[position] == value


@pytest.mark.parametrize(
    ("name", "cell", "code"),
    [
        ("tenure", "", "null"),
        ("tenure", "nan", "wrong-type"),
        ("tenure", "1_000", "wrong-type"),
        ("tenure", "1,5", "wrong-type"),
        ("tenure", "0x10", "wrong-type"),
        ("tenure", "\u0661", "wrong-type"),
        ("tenure", "1e999", "out-of-range"),
        ("tenure", "-1", "out-of-range"),
        ("contract", "1", "unknown-level"),
        ("gender", "", "null"),
    ],
)
def test_a_cell_that_cannot_be_parsed_is_refused(
    validator: Validator, record: Record, name: str, cell: str, code: str
) -> None:
    cells = {key: str(sent) for key, sent in record.items()} | {name: cell}
    with pytest.raises(InvalidCustomersError) as caught:
        validator.check_text(cells)
    (error,) = caught.value.errors
    assert (error.field, error.code) == (name, code)


def test_every_row_of_the_real_table_is_the_same_customer_in_each_form(
    validator: Validator, telco_rows: list[dict[str, str]]
) -> None:
    numbers = {"SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges"}
    cells = [{key: row[key] for key in row if key != "Churn"} for row in telco_rows]
    rows = [
        {
            key: (float(cell) if cell.strip() else None) if key in numbers else cell
            for key, cell in row.items()
        }
        for row in cells
    ]
    checked = [validator.check_text(row) for row in cells]
    assert checked == [validator.check(row) for row in rows]
    assert checked == validator.decode(body(rows))
    assert {customer.customer_id for customer in checked} == {row["customerID"] for row in cells}


def test_every_rule_of_another_schema_holds(
    small_schema: CustomerSchema, small_record: Record
) -> None:
    gym = Validator(small_schema)
    assert gym.decode(body(small_record)) == Customer(None, (3, "year", "1", "t", "yes", "ely"))
    odd = {"visits": None, "plan": None, "sauna": None, "guest": True, "coach": True}
    changed = small_record | odd | {"town": " New York ", "E-Mail": "x", "Member": 7}
    assert gym.decode(body(changed)) == Customer("7", (None, "day", None, "t", "yes", "new_york"))
    assert one_error(gym, body(small_record | {"coach": False}))[2] == "wrong-type"
    cells = {"visits": "", "plan": "", "sauna": "", "guest": "n", "coach": "y", "town": "Rye"}
    assert gym.check_text(cells) == Customer(None, (None, "day", None, "f", "yes", "rye"))


def test_a_schema_without_an_id_refuses_one() -> None:
    fields = [{"name": "visits", "kind": "number", "minimum": 0, "maximum": 9}]
    schema = CustomerSchema.from_json(body({"name": "s", "fields": fields}))
    assert Validator(schema).decode(b'{"visits": 3}') == Customer(None, (3,))
    assert one_error(Validator(schema), b'{"visits": 3, "id": 1}')[1] == "id"


def test_many_levels_are_not_all_listed() -> None:
    levels = [f"l{number}" for number in range(30)]
    field = {"name": "town", "kind": "category", "levels": levels}
    schema = CustomerSchema.from_json(body({"name": "s", "fields": [field]}))
    detail = one_error(Validator(schema), b'{"town": "x"}')[3]
    assert detail.endswith("l18, l19 and 10 more")


def decoded(content: bytes, record: Mapping[str, object]) -> tuple[object, object]:
    """Return what the two passes make of one record: the customer, or its errors."""
    answers: list[object] = []
    for read in (lambda: DEMO.decode(content), lambda: DEMO.check(record)):
        try:
            answers.append(read())
        except ContractError as error:
            answers.append(getattr(error, "errors", str(error)))
    return answers[0], answers[1]


@given(changes=st.dictionaries(st.sampled_from(list(next(SAMPLES))), VALUES))
def test_the_fast_and_the_slow_pass_agree(changes: Record) -> None:
    record = next(SAMPLES) | changes
    fast, slow = decoded(body(record), record)
    assert fast == slow


@given(content=st.binary(max_size=40), position=st.integers(0, 600))
def test_no_body_causes_anything_but_the_contracts_own_errors(
    content: bytes, position: int
) -> None:
    good = body(next(SAMPLES))
    for sent in (content, good[:position] + content + good[position:]):
        with contextlib.suppress(MalformedBodyError, InvalidCustomersError):
            DEMO.decode(sent)


def test_many_records_are_checked_with_their_places(validator: Validator) -> None:
    good = next(sample_customers(validator.schema, seed=3))

    with pytest.raises(InvalidCustomersError) as caught:
        validator.check_all([good, {**good, "nothing": 1}])

    assert validator.check_all([good, good])[0] == validator.check(good)
    assert [error.pointer for error in caught.value.errors] == ["/1/nothing"]


def test_a_bad_row_does_not_stop_the_good_ones(validator: Validator) -> None:
    good = next(sample_customers(validator.schema, seed=3))

    rows = validator.check_rows(iter([good, "nobody", good]))

    assert [customer is None for customer in rows.customers] == [False, True, False]
    assert [(index, errors[0].code) for index, errors in rows.errors] == [(1, "wrong-shape")]


def test_what_stands_for_a_row_says_why_it_is_none(validator: Validator) -> None:
    rows = validator.check_rows([NoRecord("is torn")])

    assert [(error.code, error.detail) for _, (error,) in rows.errors] == [
        ("wrong-shape", "is torn")
    ]


@pytest.mark.parametrize("form", [list, iter])
def test_more_records_than_allowed_are_refused_in_any_form(schema, form) -> None:
    validator = Validator(schema, max_rows=2)

    with pytest.raises(TooManyRowsError):
        validator.check_rows(form([{}, {}, {}]))


def test_after_ten_thousand_errors_a_bad_row_names_only_its_first(
    schema: CustomerSchema, record: Record
) -> None:
    rows = Validator(schema).check_rows([{}] * 1_000 + [record, {}])
    named = [len(found.errors) for found in rows.errors]
    assert set(named) == {len(schema.features), 1}
    assert named == sorted(named, reverse=True)
    assert sum(named) < 10_000 + len(schema.features) + 1_001
    assert [customer is None for customer in rows.customers] == [True] * 1_000 + [False, True]
