"""The fast pass over text cells: what the slow pass says, or nothing."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, Field, demo_schema
from churn_contract.text_columns import TextColumns
from churn_contract.validation import Validator

Cells = dict[str, str]
SMALL = CustomerSchema(
    name="small",
    id="id",
    fields=(
        Field(name="age", kind="number", minimum=-9, maximum=100, nullable=True),
        Field(name="plan", kind="category", levels=("basic", "plus"), unknown="other"),
        Field(name="calls", kind="number", minimum=0, maximum=9, blank=3.0),
        Field(name="coach", kind="boolean", levels=("no", "yes"), blank="no"),
    ),
)
AGES = [
    "1",
    "-2",
    " 3",
    "1.",
    ".5",
    "",
    "1e1",
    "-",
    ".",
    "1-2",
    "101",
    "nan",
    "inf",
    "1_0",
    "\u0661",
]
PLANS = ["basic", "Plus ", "gold", "", " "]
ROWS = st.fixed_dictionaries(
    {
        "age": st.sampled_from(AGES),
        "plan": st.sampled_from(PLANS),
        "calls": st.sampled_from(["0", "", "9.0", "10", "x"]),
        "coach": st.sampled_from(["no", "TRUE", "1", "", "maybe"]),
    },
    optional={"id": st.sampled_from(["a", " b ", "", "x" * 201]), "more": st.just("1")},
)


def as_cells(schema: CustomerSchema, count: int) -> list[Cells]:
    return [
        {name: "" if value is None else str(value) for name, value in record.items()}
        for record in itertools.islice(sample_customers(schema, 3), count)
    ]


@pytest.mark.parametrize("schema", [demo_schema(), SMALL], ids=["demo", "small"])
def test_usual_rows_are_read_as_by_the_slow_pass(schema: CustomerSchema) -> None:
    rows = as_cells(schema, 200)
    validator = Validator(schema)
    assert TextColumns(schema).convert(rows) == [validator.check_text(row) for row in rows]


@given(st.lists(ROWS, max_size=4))
def test_any_rows_are_read_as_by_the_slow_pass_or_left_to_it(rows: list[Cells]) -> None:
    validator = Validator(SMALL)
    found = TextColumns(SMALL).convert(rows)
    if found is not None:
        assert found == [validator.check_text(row) for row in rows]


@pytest.mark.parametrize("name", ["age", "coach"])
@pytest.mark.parametrize("cell", [None, 1, True])
def test_cells_of_no_text_are_left_to_the_slow_pass(name: str, cell: object) -> None:
    rows = as_cells(SMALL, 3)
    assert TextColumns(SMALL).convert([*rows, rows[0] | {name: cell}]) is None


@pytest.mark.parametrize("rows", [[], ["x"], [{}], [{"age": "1"}]])
def test_what_is_no_table_is_left_to_the_slow_pass(rows: list[object]) -> None:
    assert TextColumns(SMALL).convert(rows) is None


def test_missing_values_stand_for_what_the_schema_says() -> None:
    row = {"age": "", "plan": "new one", "calls": "", "coach": ""}
    [customer] = TextColumns(SMALL).convert([row]) or []
    assert customer.values == (None, "new_one", 3.0, "no")
