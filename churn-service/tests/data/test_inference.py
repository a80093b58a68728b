"""What a column is, found out from its text alone."""

from collections.abc import Callable

import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.config import TrainConfig, parse_config
from churn_service.training.dataset import to_matrix
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.inference import infer_schema
from churn_service.training.reading import build_dataset, with_training_range
from churn_service.training.table import Table, parse_table

ROWS = 240
BASE = '[data]\ntarget = "left"\npositive = "yes"\n'


def cycle(*cells: str) -> list[str]:
    return [cells[row % len(cells)] for row in range(ROWS)]


def table_of(**columns: list[str]) -> Table:
    columns = {"left": cycle("yes", "no"), "spend": cycle("1.5", "2", "7"), **columns}
    rows = max(map(len, columns.values()))
    columns = {
        name: (column * (rows // len(column) + 1))[:rows] for name, column in columns.items()
    }
    quoted = [[f'"{cell}"' for cell in column] for column in columns.values()]
    lines = [",".join(columns), *(",".join(row) for row in zip(*quoted, strict=True))]
    return parse_table("\n".join(lines).encode())


def config_of(extra: str = "") -> TrainConfig:
    return parse_config((BASE + extra).encode())


@pytest.fixture
def infer() -> Callable[..., tuple[Field, str]]:
    """Return the field of column `x` and the findings as text."""

    def run(cells: list[str], extra: str = "") -> tuple[Field, str]:
        schema, findings = infer_schema(table_of(x=cells), config_of(extra), "t")
        return schema.field("x"), "\n".join(map(str, findings))

    return run


@pytest.mark.parametrize(
    ("cells", "levels"),
    [
        (("Yes", "No"), ("no", "yes")),
        (("TRUE", "FALSE"), ("false", "true")),
        (("t", "f"), ("f", "t")),
        (("Y", "N"), ("n", "y")),
        (("1", "0"), ("0", "1")),
        (("Ja", "Nein"), ("nein", "ja")),
        (("OUI", "non"), ("non", "oui")),
        (("Sí", "No"), ("no", "sí")),
        (("✓", "✗"), ("✗", "✓")),
        (("on", "off"), ("off", "on")),
        (("WAHR", "FALSCH"), ("falsch", "wahr")),
    ],
)
def test_booleans_have_no_before_yes(
    infer: Callable[..., tuple[Field, str]], cells: tuple[str, ...], levels: tuple[str, ...]
) -> None:
    field, _ = infer(cycle(*cells))

    assert (field.kind, field.levels) == ("boolean", levels)


def test_numbers_as_text_get_limits_ten_spans_away(
    infer: Callable[..., tuple[Field, str]],
) -> None:
    field, _ = infer(cycle("0", "72.5", "3e1"))

    assert (field.kind, field.lowest, field.highest) == ("number", 0.0, 72.5)
    assert (field.minimum, field.maximum) == (0.0, 797.5)


def test_negative_numbers_get_a_lower_limit_too(infer: Callable[..., tuple[Field, str]]) -> None:
    field, _ = infer(cycle("-5", "5"), '[columns.x]\ntype = "number"\n')

    assert (field.minimum, field.maximum) == (-105.0, 105.0)


def test_the_training_file_sets_limits_blank_and_words(
    infer: Callable[..., tuple[Field, str]],
) -> None:
    extra = "[columns.X]\nmin = -1\nmax = 50\nblank = 0\nunit = 'EUR'\nactionable = true\n"
    field, findings = infer(cycle("1", "2", ""), extra)

    assert (field.minimum, field.maximum, field.lowest, field.blank) == (-1, 50, 0, 0)
    assert not field.nullable
    assert (field.unit, field.actionable) == ("EUR", True)
    assert "80 missing values count as 0" in findings


def test_blanks_make_a_field_nullable_and_are_noted(
    infer: Callable[..., tuple[Field, str]],
) -> None:
    number, findings = infer(cycle("1", "2", " "))
    level, _ = infer(cycle("red", "blue", ""))

    assert number.nullable
    assert level.nullable
    assert "80 of 240 values are missing" in findings


def test_the_word_none_is_a_level_not_a_missing_value(
    infer: Callable[..., tuple[Field, str]],
) -> None:
    field, _ = infer(cycle("None", "NA", "null"))

    assert (field.levels, field.nullable) == (("na", "none", "null"), False)
    assert field.raw_levels == ("NA", "None", "null")


def test_few_cells_that_are_no_numbers_count_as_missing_and_are_listed(
    infer: Callable[..., tuple[Field, str]],
) -> None:
    field, findings = infer(["?", *cycle("1", "2", "3.5")[1:]])

    assert (field.kind, field.nullable) == ("number", True)
    assert "warning: x: 1 cells are no numbers and count as missing: '?'" in findings


@pytest.mark.parametrize(
    ("cells", "highest", "unit"),
    [
        (("$5.50", "$1,200", "n/a", "$7"), 1200.0, "$"),
        (("12%", "7.5%", "3%"), 12.0, "%"),
        (("1,5", "NA", "2,5", "4,5"), 4.5, ""),
        (("(5.5)", "7.25", "\u22121"), 7.25, ""),
    ],
)
def test_numbers_stored_as_text_are_numbers_with_their_unit(
    infer: Callable[..., tuple[Field, str]], cells: tuple[str, ...], highest: float, unit: str
) -> None:
    field, findings = infer(cycle(*cells))

    assert (field.kind, field.highest, field.unit) == ("number", highest, unit)
    assert "[number-marks]" in findings


def test_a_unit_of_the_training_file_wins(infer: Callable[..., tuple[Field, str]]) -> None:
    assert infer(cycle("$5", "$6", "$7"), "[columns.x]\nunit='USD'\n")[0].unit == "USD"


def test_telephone_numbers_are_no_reason_to_stop(infer: Callable[..., tuple[Field, str]]) -> None:
    field, findings = infer([f"0171 {row:03d} 45{row:02d}" for row in range(ROWS)])

    assert field.role == "ignored"
    assert "[identifier]" in findings


def test_postcodes_are_levels(infer: Callable[..., tuple[Field, str]]) -> None:
    field, findings = infer(cycle("01067", "20095", "80331"))
    number, _ = infer(cycle("01067", "20095", "80331"), '[columns.x]\ntype = "number"\n')

    assert (field.kind, number.kind) == ("category", "number")
    assert "[leading-zeros]" in findings


def test_many_infinite_cells_are_infinite_numbers(infer: Callable[..., tuple[Field, str]]) -> None:
    with pytest.raises(DataError, match="x: 60 cells are infinite: 'inf'"):
        infer(cycle("1", "2.5", "3", "inf"))


def test_the_training_file_may_give_an_order(infer: Callable[..., tuple[Field, str]]) -> None:
    field, findings = infer(
        cycle("Warm", "Cold", "Hot"), '[columns.x]\norder = ["cold", "Warm", "hot"]\n'
    )

    assert field.levels == ("cold", "warm", "hot")
    assert "levels are in the given order: cold < warm < hot [ordered]" in findings


def test_a_mark_or_nothing_is_a_level_or_missing(infer: Callable[..., tuple[Field, str]]) -> None:
    field, _ = infer(cycle("x", "", ""))

    assert (field.kind, field.levels, field.nullable) == ("category", ("x",), True)


def test_a_blank_level_can_be_given(infer: Callable[..., tuple[Field, str]]) -> None:
    field, _ = infer(cycle("None", "Red", ""), '[columns.x]\nblank = "none"\n')

    assert (field.blank, field.nullable) == ("none", False)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([f"id{row}" for row in range(ROWS)], "different in (nearly) every row"),
        ([str(10_000 + row) for row in range(ROWS)], "like an id"),
        (cycle("same"), "the same value in every row"),
        (cycle(""), "is empty"),
        ([f"2024-01-{row % 28 + 1:02d}" for row in range(ROWS)], "holds dates"),
        ([f"{row}-{row % 4}" if row % 2 else "a" for row in range(ROWS)], "rows in rare ones"),
    ],
)
def test_columns_to_learn_nothing_from_are_ignored_with_a_warning(
    infer: Callable[..., tuple[Field, str]], cells: list[str], words: str
) -> None:
    field, findings = infer(cells)

    assert field.role == "ignored"
    assert words in findings


def test_amounts_are_never_taken_for_ids(infer: Callable[..., tuple[Field, str]]) -> None:
    wide, _ = infer([str(round(1.04**row * 90) + row) for row in range(ROWS)])
    money, _ = infer([f"${10_000 + row * 37}" for row in range(ROWS)])
    sparse, _ = infer([str(10_000_000 + row * row * 37) for row in range(ROWS)])

    assert (wide.kind, money.kind, sparse.role) == ("number", "number", "ignored")


def test_decimals_are_never_taken_for_ids(infer: Callable[..., tuple[Field, str]]) -> None:
    field, _ = infer([f"{row}.25" for row in range(ROWS)])

    assert (field.role, field.kind) == ("feature", "number")


def test_mail_addresses_are_contacts(infer: Callable[..., tuple[Field, str]]) -> None:
    field, findings = infer([f"c{row}@example.test" for row in range(ROWS)])

    assert field.role == "contact"
    assert "never a feature" in findings


def test_more_than_fifty_levels_keep_the_frequent_ones(
    infer: Callable[..., tuple[Field, str]],
) -> None:
    rows = [f"town {row}" for row in range(48)]
    field, findings = infer([*rows, *cycle("a", "b", "c")[48:]])

    assert field.levels == ("a", "b", "c")
    assert field.unknown == "other"
    assert "48 rare levels (48 rows) count as other" in findings


def test_ten_rows_are_enough_for_a_level_however_long_the_table_is(
    infer: Callable[..., tuple[Field, str]],
) -> None:
    towns = [f"town {row % 60}" for row in range(600)]  # 10 rows each, 0.3 % of all
    field, findings = infer([*towns, *["village"] * 9, *["city"] * 2_400])

    assert len(field.levels) == 61
    assert "village" not in field.levels
    assert "1 rare levels (9 rows) count as other" in findings


def test_of_two_thousand_levels_the_most_frequent_stay_in_any_order_of_rows(
    infer: Callable[..., tuple[Field, str]],
) -> None:
    big = [f"code {place:04d}" for place in range(260) for _ in range(10 + (place < 240))]
    cells = [*big, *(f"small {place}" for place in range(1_740))]
    extra = '[columns.x]\ntype = "category"\n'
    field, findings = infer(cells, extra)
    again, _ = infer(cells[::-1], extra)

    assert sorted(field.levels) == [f"code_{place:04d}" for place in range(250)]
    assert set(again.levels) == set(field.levels)
    assert "1750 rare levels (1840 rows) count as other" in findings


def test_ignore_and_category_are_obeyed(infer: Callable[..., tuple[Field, str]]) -> None:
    ignored, _ = infer(cycle("1", "2"), '[columns.x]\ntype = "ignore"\n')
    category, _ = infer(cycle("0", "1"), '[columns.x]\ntype = "category"\n')
    boolean, _ = infer(cycle("0", "1"), '[columns.x]\ntype = "boolean"\n')

    assert ignored.role == "ignored"
    assert (category.kind, boolean.kind) == ("category", "boolean")


@pytest.mark.parametrize(
    ("cells", "extra", "message"),
    [
        (cycle("1,500", "12"), "", "x: numbers are written with commas or marks"),
        (cycle("1.000,5", "2,500.5", "12"), "", "x: numbers are written with commas or marks"),
        ([*cycle("1", "2.5", "3"), "inf"], "", "x: 1 cells are infinite: 'inf'"),
        (cycle("a", "b"), '[columns.x]\ntype="number"\n', "none of its cells is a number"),
        (cycle("a", "b"), '[columns.x]\ntype="boolean"\n', "is no boolean"),
        (cycle("1", "7"), "[columns.x]\nmax=5\n", "7 is above its max, 5"),
        (cycle("1", "7"), "[columns.x]\nmin=5\n", "1 is below its min, 5"),
        (cycle("1.5", "7"), "[columns.x]\nblank='none'\n", "blank must be a number"),
        (cycle("a", "b", ""), "[columns.x]\nblank=7\n", "blank must be one of its levels: a, b"),
        (cycle("a", "b"), '[columns.x]\norder=["a", "c"]\n', "order must .*: a, b; look at b, c"),
        (cycle("a", "b"), "[columns.y]\nblank=7\n", r"\[columns.y\]: the table has no such column"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_cure(
    infer: Callable[..., tuple[Field, str]], cells: list[str], extra: str, message: str
) -> None:
    with pytest.raises((DataError, ConfigError), match=message):
        infer(cells, extra)


@pytest.mark.parametrize(
    ("columns", "config", "message"),
    [
        ({}, '[data]\ntarget="lift"\npositive=1', "no column 'lift'; did you mean 'left'"),
        ({}, '[data]\ntarget="left"\npositive="yse"', "no value 'yse'; did you mean 'yes'"),
        ({"left": cycle("1", "2")}, BASE, "no value 'yes'; known are 1, 2"),
        ({"left": cycle("yes", "no", "maybe")}, BASE, "must have two values, it has 3"),
        ({"left": cycle("yes")}, BASE, "must have two values, it has 1"),
        ({"left": cycle("yes", "no", "")}, BASE, "80 rows have no outcome, the first in line 4"),
        ({"left": ["yes"] * 49 + ["no"] * 191}, BASE, "only 49 rows have 'yes'"),
        ({"left": ["no"] * 49 + ["yes"] * 191}, BASE, "only 49 rows have 'no'"),
        ({"i": cycle("a", "b")}, BASE + 'id="i"', r"2 ids stand .* in lines 2, 4, 6, 8, 10"),
        ({"i": cycle("a", "")}, BASE + 'id="i"', "line 3: the id i is empty"),
        ({"i": cycle("a", "")}, BASE + 'id="j"', r"\[data\] id: the table has no column 'j'"),
        ({}, BASE + 'id="left"', "target and id name the same column"),
        ({"customer_id": cycle("a", "b")}, BASE, "column customer_id names customers: write id"),
        ({"spend": cycle("1")}, BASE, "no column is left to learn from.*\n  warning: spend: has"),
    ],
)
def test_an_unusable_target_or_id_is_named(
    columns: dict[str, list[str]], config: str, message: str
) -> None:
    with pytest.raises((DataError, ConfigError), match=message):
        infer_schema(table_of(**columns), parse_config(config.encode()), "t")


@pytest.mark.parametrize(
    ("cells", "positive"),
    [
        (("1.0", "0.0"), "1"),
        (("True", "False"), "1"),
        (("1", "0"), '"yes"'),
        (("Ja", "Nein"), "true"),
    ],
)
def test_the_positive_value_may_be_spelled_otherwise(cells: tuple[str, ...], positive: str) -> None:
    config = parse_config(f'[data]\ntarget = "left"\npositive = {positive}\n'.encode())
    schema, findings = infer_schema(table_of(left=cycle(*cells)), config, "t")

    assert schema.field("left").raw_levels[-1] == cells[0]
    assert f"is read as its value '{cells[0]}' [positive-read]" in "\n".join(map(str, findings))


def test_a_first_line_that_is_data_is_recognised() -> None:
    table = parse_table(b"yes,17.5,red\nno,18,blue\nyes,20,red\n")

    with pytest.raises(ConfigError, match=r"the first line looks like data \(yes, 17\.5, red\)"):
        infer_schema(table, config_of(), "t")


def test_few_positives_are_a_warning() -> None:
    _, findings = infer_schema(table_of(), config_of(), "t")

    assert str(findings[0]).startswith("warning: left: only 120 rows have")


def test_the_outcome_is_the_positive_level_last() -> None:
    schema, _ = infer_schema(table_of(left=cycle("Gone", "Here")), _gone(), "t")

    assert schema.outcome is not None
    assert schema.outcome.positive == "gone"
    assert schema.field("left").raw_levels == ("Here", "Gone")


def _gone() -> TrainConfig:
    return parse_config(b'[data]\ntarget = "LEFT"\npositive = "Gone"\n')


def test_customers_are_read_by_the_validator_that_serves_them() -> None:
    table = table_of(i=[f"c{row}" for row in range(ROWS)], x=["oops", *cycle("1.5", "2", "9")[1:]])
    dataset = build_dataset(table, parse_config((BASE + 'id = "i"').encode()), "t")

    assert dataset.keys[:2] == ("c0", "c1")
    assert dataset.customers[0].values == (1.5, None)
    assert dataset.churned.tolist()[:3] == [1, 0, 1]
    assert dataset.matrix()[1].tolist() == [2.0, 2.0]


def test_rows_without_an_id_are_keyed_by_their_values() -> None:
    dataset = build_dataset(table_of(), config_of(), "t")

    assert dataset.keys[0] == dataset.keys[3]
    assert "237 rows repeat another row" in "\n".join(map(str, dataset.findings))


def test_a_customer_that_does_not_fit_is_named_by_its_line() -> None:
    long_id = [f"c{row}" for row in range(ROWS - 1)] + ["x" * 300]

    with pytest.raises(DataError, match="line 241: the id has 300 characters, at most 200"):
        build_dataset(table_of(i=long_id), parse_config((BASE + 'id = "i"').encode()), "t")


def test_the_training_range_is_that_of_the_fitted_customers() -> None:
    dataset = build_dataset(table_of(), config_of(), "t")

    schema = with_training_range(dataset.schema, dataset.customers[:2])

    assert (schema.field("spend").lowest, schema.field("spend").highest) == (1.5, 2.0)


def test_a_number_that_no_fitted_customer_has_is_refused() -> None:
    dataset = build_dataset(table_of(x=["", *cycle("1.5", "2", "9")[1:]]), config_of(), "t")

    with pytest.raises(DataError, match="x: no customer of the fit has a value"):
        with_training_range(dataset.schema, dataset.customers[:1])


def test_the_matrix_marks_missing_values() -> None:
    dataset = build_dataset(table_of(x=cycle("a", "", "b")), config_of(), "t")
    schema: CustomerSchema = dataset.schema

    assert to_matrix(schema, dataset.customers[:2])[:, 1].tolist() == ["a", ""]
