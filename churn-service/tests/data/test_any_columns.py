"""Whatever stands in a column, a table is read or refused in words; never a crash."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_contract.schema import CustomerSchema, Field
from churn_service.cli import main
from churn_service.training.coding import code_column
from churn_service.training.config import parse_config
from churn_service.training.errors import DataError, TrainingError
from churn_service.training.leaks import column_auc, draw_folds, is_copy, weighted_auc
from churn_service.training.plain_table import cell_spellers
from churn_service.training.reading import build_dataset
from churn_service.training.redundancy import find_copies
from churn_service.training.table import parse_table

CONFIG = parse_config(b'[data]\ntarget = "left"\npositive = "yes"\n')
LETTERS = "aAeéÉ01259.,-_/ '+%<>@İßnNyY:T∞"
TEXT = st.text(st.sampled_from(LETTERS), max_size=5)
COLUMN = st.lists(TEXT, min_size=1, max_size=12)
KINDS = st.sampled_from(["", "number", "category", "boolean", "date"])


@settings(max_examples=60, deadline=None)
@given(first=COLUMN, second=COLUMN, kind=KINDS)
def test_any_two_columns_are_read_or_refused_in_words(
    first: list[str], second: list[str], kind: str
) -> None:
    lines = ["left,a,b,spend"]
    for row in range(140):
        cells = (first[row * 7 % len(first)], second[row * 5 % len(second)])
        quoted = ",".join(f'"{cell}"' for cell in cells)
        lines.append(f"{'yes' if row % 5 in {0, 3} else 'no'},{quoted},{row % 11 + 0.5}")
    extra = f'[columns.a]\ntype = "{kind}"\n' if kind else ""
    config = parse_config(f'[data]\ntarget = "left"\npositive = "yes"\n{extra}'.encode())
    try:
        found = build_dataset(parse_table("\n".join(lines).encode()), config, "t")
    except TrainingError:
        return
    assert len(found.customers) == 140
    assert found.schema == CustomerSchema.from_json(found.schema.to_json())


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=2).filter(
        lambda pairs: len({left for _, left in pairs}) == 2
    )
)
def test_the_quick_auc_is_the_share_of_pairs_in_order(pairs: list[tuple[int, int]]) -> None:
    scores = np.array([score for score, _ in pairs], dtype=np.float64)
    churned = np.array([left for _, left in pairs])
    leavers, stayers = scores[churned == 1], scores[churned == 0]
    wins = (leavers[:, None] > stayers).mean() + (leavers[:, None] == stayers).mean() / 2

    assert weighted_auc(scores, churned) == pytest.approx(wins)


def test_a_column_of_chance_has_an_auc_of_a_half_out_of_fold() -> None:
    random = np.random.default_rng(2)
    churned = random.integers(0, 2, 20_000)
    values = [float(value) for value in random.normal(size=20_000)]
    column = code_column(Field(name="x", kind="number", minimum=-9, maximum=9), values)

    assert column_auc(column, churned, draw_folds(20_000)) == pytest.approx(0.5, abs=0.02)


def test_an_empty_column_is_no_copy() -> None:
    column = code_column(Field(name="x", kind="category", levels=("a",)), [None, None])

    assert not is_copy(column, np.array([0, 1]))


def test_levels_that_go_one_to_one_are_copies() -> None:
    levels = ("a", "b", "c")
    first = [levels[row % 3] for row in range(90)]
    second = [levels[(row + 1) % 3] for row in range(90)]
    late = [*second[:-1], "c"]
    fields = [Field(name=name, kind="category", levels=levels) for name in "xyz"]
    columns = map(code_column, fields, (first, second, late))

    assert [str(each) for each in find_copies(list(columns))] == [
        "warning: y: goes one to one with x [collinear]"
    ]


def test_numbers_with_one_value_are_no_copies() -> None:
    fields = [Field(name=name, kind="number", minimum=0, maximum=9) for name in "xy"]

    assert find_copies([code_column(field, [None, 1.0, None]) for field in fields]) == []


def test_a_category_without_a_frequent_level_is_ignored() -> None:
    rows = [f"{'yes' if row % 2 else 'no'},{row * 1.5},t{row}" for row in range(120)]
    data = "\n".join(["left,spend,town", *rows]).encode()
    config = parse_config(
        b'[data]\ntarget = "left"\npositive = "yes"\n[columns.town]\ntype = "category"\n'
    )

    found = build_dataset(parse_table(data), config, "t")

    assert found.schema.field("town").role == "ignored"


def test_a_file_to_score_may_have_marks_in_its_numbers() -> None:
    schema = CustomerSchema(
        name="t",
        fields=(
            Field(name="spend", raw="Spend", kind="number", minimum=0, maximum=1e6),
            Field(name="plan", kind="category", levels=("1,5", "b")),
        ),
    )
    table = parse_table(b'Spend,plan,other\n"1.234,5","1,5",x\n"7,25",b,y\n')

    spellers = cell_spellers(table.header, table.rows, schema)

    assert [*map(spellers[0], ["1.234,5", "7,25", "8,5"])] == ["1234.5", "7.25", "8.5"]
    assert list(spellers) == [0]


def test_a_refused_table_leaves_the_registry_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "models" / "churn").mkdir(parents=True)
    kept = tmp_path / "models" / "churn" / "promotions.jsonl"
    kept.write_text(json.dumps({"version": "abc"}))
    (tmp_path / "t.csv").write_bytes(b"")
    (tmp_path / "t.toml").write_text('[data]\ntarget = "left"\npositive = "yes"\n')
    options = ("--data", tmp_path / "t.csv", "--config", tmp_path / "t.toml")

    result = CliRunner().invoke(
        main, ["train", *map(str, options), "--model-root", str(tmp_path / "models")]
    )

    assert result.exit_code == 1
    assert "t.csv: is empty; it needs a line of column names" in result.stderr
    assert [path for path in (tmp_path / "models").rglob("*") if path.is_file()] == [kept]


def test_only_one_spelling_of_the_outcome_is_needed() -> None:
    rows = [f"{('Yes', 'no', 'YES', 'No')[row % 4]},{row % 7 + 0.5}" for row in range(240)]
    found = build_dataset(parse_table("\n".join(["left,x", *rows]).encode()), CONFIG, "t")

    assert found.churned.sum() == 120
    assert "left: one level in several spellings: 'No' = 'no'" in str(found.findings[0])


def test_a_table_of_three_rows_is_refused() -> None:
    with pytest.raises(DataError, match="at least 50 are needed"):
        build_dataset(parse_table(b"left,x\nyes,1\nno,2\nno,3\n"), CONFIG, "t")
