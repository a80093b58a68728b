import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_contract.schema import (
    CustomerSchema,
    Field,
    OutcomeField,
    SchemaError,
    canonical_name,
    demo_schema,
    training_range,
)

LEVELS = {"kind": "category", "minimum": None, "maximum": None, "levels": ("a", "b")}


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("SeniorCitizen", "seniorcitizen"),
        ("Month-to-month", "month-to-month"),
        (" Bank transfer (automatic) ", "bank_transfer_(automatic)"),
        ("a\tb  c", "a_b__c"),
    ],
)
def test_canonical_is_trimmed_lower_case_with_blanks_as_underscores(
    raw: str, canonical: str
) -> None:
    assert canonical_name(raw) == canonical


@given(st.text())
def test_the_canonical_spelling_of_a_canonical_spelling_is_itself(text: str) -> None:
    assert canonical_name(canonical_name(text)) == canonical_name(text)


def test_the_demo_schema_has_nineteen_features_an_id_and_an_outcome(
    schema: CustomerSchema,
) -> None:
    assert len(schema.features) == 19
    assert schema.find("customerID") == schema.field("customerid")
    assert schema.outcome == OutcomeField("churn", "yes", 30)


def test_the_demo_schema_spells_the_real_table_and_accepts_its_values(
    schema: CustomerSchema, telco_rows: list[dict[str, str]]
) -> None:
    for column in telco_rows[0]:
        found = schema.find(column)
        assert found is not None
        assert (found.raw or found.name) == column
        if found.raw_levels:
            assert set(found.raw_levels) == {row[column] for row in telco_rows}


def test_canonical_json_comes_back_as_the_same_schema(small_schema: CustomerSchema) -> None:
    text = small_schema.to_json()
    assert CustomerSchema.from_json(text) == small_schema
    assert CustomerSchema.from_json(text).to_json() == text
    assert b": " not in text
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_whole_numbers_and_floats_make_the_same_schema(field: Callable[..., Field]) -> None:
    whole = CustomerSchema("s", fields=(field(blank=0),))
    decimal = CustomerSchema("s", fields=(field(minimum=0.0, maximum=9.0, blank=0.0),))
    assert whole.to_json() == decimal.to_json()
    assert whole.digest == decimal.digest


def test_labels_help_and_units_do_not_change_the_digest(small_schema: CustomerSchema) -> None:
    worded = [
        msgspec.structs.replace(field, label="L", help="H", unit="u")
        for field in small_schema.fields
    ]
    changed = msgspec.structs.replace(small_schema, fields=tuple(worded), name="other")
    assert changed.digest == small_schema.digest


@pytest.mark.parametrize(
    "change",
    [
        {"name": "y"},
        {"kind": "category", "levels": ("a",)},
        {"minimum": -1},
        {"maximum": 10},
        {"nullable": True},
        {"blank": 1},
        {"role": "ignored"},
    ],
)
def test_whatever_decides_who_is_valid_changes_the_digest(
    field: Callable[..., Field], change: dict[str, object]
) -> None:
    before = CustomerSchema("s", fields=(field(),))
    after = CustomerSchema("s", fields=(field(**change),))
    assert before.digest != after.digest


def test_the_order_of_levels_and_of_fields_changes_the_digest(
    field: Callable[..., Field],
) -> None:
    forth, back = field(**LEVELS), field(**(LEVELS | {"levels": ("b", "a")}))
    number = field(name="n")
    schemas = [(number, forth), (number, back), (forth, number)]
    assert len({CustomerSchema("s", fields=fields).digest for fields in schemas}) == 3


def test_the_demo_digest_is_pinned_so_that_a_change_is_deliberate(schema: CustomerSchema) -> None:
    assert schema.digest == "5509c1b80058b6d6d7628f415c01080e631d231f86cccf846d0d9400a60fff10"
    assert demo_schema() == schema


@pytest.mark.parametrize("spelling", ["Tenure", " tenure ", "TENURE", "tenure"])
def test_a_field_is_found_by_every_spelling_of_its_name(
    schema: CustomerSchema, spelling: str
) -> None:
    assert schema.find(spelling) is schema.field("tenure")


def test_an_id_and_outcome_that_are_only_named_are_known_by_their_role() -> None:
    schema = CustomerSchema("s", id="number", outcome=OutcomeField("gone", "yes"))
    roles = [found.role for name in ("Number", "Gone") if (found := schema.find(name))]
    assert roles == ["id", "outcome"]


@pytest.mark.parametrize("name", ["nobody", "Tenure", ""])
def test_asking_for_a_field_that_is_not_there_names_it(schema: CustomerSchema, name: str) -> None:
    with pytest.raises(SchemaError, match=repr(name)):
        schema.field(name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "X y"}, "canonical: 'x_y'"),
        ({"name": ""}, "canonical"),
        ({"kind": "text"}, "a category, a number or a boolean"),
        ({"minimum": None}, "needs minimum and maximum"),
        ({"maximum": None}, "needs minimum and maximum"),
        ({"minimum": 10}, "minimum <= lowest"),
        ({"lowest": -1}, "minimum <= lowest"),
        ({"highest": 11}, "minimum <= lowest"),
        ({"maximum": float("inf")}, "finite"),
        ({"maximum": float("nan")}, "finite"),
        ({"blank": 10}, "blank must be a number"),
        ({"blank": "none"}, "blank must be a number"),
        (LEVELS | {"levels": ()}, "levels must be given"),
        (LEVELS | {"levels": ("a", "a")}, "each one once"),
        (LEVELS | {"levels": ("A",)}, "lower case"),
        (LEVELS | {"levels": ("",)}, "levels must be given"),
        (LEVELS | {"raw_levels": ("A",)}, "parallel"),
        (LEVELS | {"kind": "boolean", "levels": ("a", "b", "c")}, "one or two"),
        (LEVELS | {"blank": "c"}, "one of the levels"),
    ],
)
def test_a_field_that_cannot_work_is_refused_with_the_rule(
    field: Callable[..., Field], change: dict[str, object], words: str
) -> None:
    with pytest.raises(SchemaError, match=words):
        field(**change)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"contract": 2}, "contract 2"),
        ({"names": ["a", "a"]}, "field 'a'"),
        ({"names": ["a"], "raws": ["B"], "more": "b"}, "field 'b'"),
        ({"names": ["a"], "id": "a"}, "field 'a'"),
        ({"names": ["a"], "role": "id"}, "field 'a'"),
        ({"names": ["a"], "role": "id", "id": "b"}, "field 'a'"),
        ({"names": ["a"], "role": "outcome"}, "field 'a'"),
    ],
)
def test_a_schema_whose_parts_disagree_is_refused(
    field: Callable[..., Field], parts: dict[str, object], words: str
) -> None:
    names: list[str] = parts.get("names", [])  # type: ignore[assignment]  # a table of cases
    raws = parts.get("raws", [""] * len(names))
    fields = [
        field(name=name, raw=raw, role=parts.get("role", "feature"))
        for name, raw in zip(names, raws, strict=True)  # type: ignore[call-overload]  # the same
    ]
    fields += [field(name=parts["more"])] if "more" in parts else []
    with pytest.raises(SchemaError, match=words):
        CustomerSchema("s", contract=parts.get("contract", 1), id=parts.get("id"), fields=fields)  # type: ignore[arg-type]  # the same


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "truncated"),
        (b"{}", "name"),
        (b"[" * 100_000, "object"),
        (b'{"name": "s", "shape": 1}', "shape"),
        (b'{"name": "s", "contract": 2}', "contract 2"),
        (b'{"name": "s", "fields": [{"name": "f", "kind": "date"}]}', "field 'f'"),
        (b'{"name": "s", "fields": [{"kind": "number"}]}', r"fields\[0\]"),
        (b'{"name": "s", "fields": [5]}', r"fields\[0\]"),
        (b'{"name": "s", "fields": [{"name": "f", "kind": "number"}]}', "field 'f'"),
    ],
)
def test_json_that_is_no_schema_is_refused_with_the_field(text: bytes, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        CustomerSchema.from_json(text)


def test_the_training_range_falls_back_to_the_hard_limits(field: Callable[..., Field]) -> None:
    assert training_range(field()) == (0, 9)
    assert training_range(field(lowest=2, highest=3)) == (2, 3)
