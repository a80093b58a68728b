"""Each rule finds what it names, says it with its number, and can be accepted."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import churn_service.training
from churn_service.cli import main
from churn_service.training.config import TrainConfig, parse_config
from churn_service.training.dataset import Dataset
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.findings import rules
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table

ROWS = 600
RANDOM = np.random.default_rng(11)
CHURNED = (RANDOM.random(ROWS) < 0.4).tolist()
Cells = list[str]


def spend() -> Cells:
    return [repr(value) for value in np.random.default_rng(5).uniform(5, 90, ROWS).tolist()]


def pick(*cells: str, seed: int = 3) -> Cells:
    return [str(cell) for cell in np.random.default_rng(seed).choice(cells, ROWS)]


def told(left: str, stayed: str, wrong: float = 0.0) -> Cells:
    """Spell the outcome, wrongly for some."""
    flips = np.random.default_rng(8).random(ROWS) < wrong
    return [left if gone != flip else stayed for gone, flip in zip(CHURNED, flips, strict=True)]


def csv_of(columns: dict[str, Cells], encoding: str = "utf-8") -> bytes:
    columns = {"left": told("yes", "no"), "spend": spend(), **columns}
    quoted = [[f'"{cell}"' for cell in cells] for cells in columns.values()]
    names = ",".join(f'"{name}"' for name in columns)
    lines = [names, *(",".join(row) for row in zip(*quoted, strict=True))]
    return "\n".join(lines).encode(encoding) + b"\n"


def config_of(extra: str = "") -> TrainConfig:
    return parse_config(f'[data]\ntarget = "left"\npositive = "yes"\n{extra}'.encode())


def read(columns: dict[str, Cells], extra: str = "") -> Dataset:
    config = config_of(extra)
    if "1.0" in columns.get("left", []):
        config = replace(config, positive="1")
    return build_dataset(parse_table(csv_of(columns)), config, "t")


def words_of(found: Dataset) -> str:
    return "\n".join(map(str, found.findings))


AGES = [str(18 + row % 60) for row in range(ROWS)]
AFTER = [str(float(age) + 100 * gone) for age, gone in zip(AGES, CHURNED, strict=True)]
FILLED = [cell and age for cell, age in zip(told("1", ""), AGES, strict=True)]
FEW = pick("1.5", "2", "7")
FOUND: dict[str, tuple[dict[str, Cells], str]] = {
    "identifier": ({"x": [str(row * 7) for row in range(ROWS)]}, "100% of the cells"),
    "row-number": ({"x": [str(row + 7) for row in range(ROWS)]}, "counts the rows (600"),
    "constant": ({"x": ["same"] * ROWS}, "'same'"),
    "all-missing": ({"x": [""] * ROWS}, "empty in every row"),
    "contact": ({"x": [f"a{row}@example.test" for row in range(ROWS)]}, "mail addresses"),
    "dates": ({"x": [f"2024-01-{row % 28 + 1:02d}" for row in range(ROWS)]}, "holds dates"),
    "number-marks": (
        {"x": [f"{row % 9 + 1}.234,{row % 90 + 10}" for row in range(ROWS)]},
        "1.234,5",
    ),
    "leading-zeros": ({"x": [f"0{row % 7 + 10}" for row in range(ROWS)]}, "as '010', ...; read"),
    "bad-numbers": (
        {"x": ["NaN" if row % 3 else str(row / 7) for row in range(ROWS)]},
        "400 cells",
    ),
    "missing": ({"x": pick("a", "b", "")}, "values are missing"),
    "missing-together": (
        {name: ["" if row % 5 == 0 else str(row % 7) for row in range(ROWS)] for name in "xy"},
        "x, y are missing in the same 120 rows",
    ),
    "missing-tells": (
        {"x": [hit and age for hit, age in zip(told("", "1", 0.3), AGES, strict=True)]},
        "left where it is missing",
    ),
    "spellings": ({"x": pick("Red", "red ", "RED", "blue")}, "'RED' = "),
    "near-spellings": ({"x": pick("pay-pal", "pay pal", "Café", "cafe")}, "'pay-pal'"),
    "ordered": ({"x": pick("10-20", "<10", ">20")}, "<10 < 10-20 < >20"),
    "rare-levels": (
        {"x": [f"t{row}" if row < 55 else "abc"[row % 3] for row in range(ROWS)]},
        "55 rare levels (55 rows)",
    ),
    "thin-levels": ({"x": ["odd"] * 3 + pick("a", "b")[3:]}, "odd (3)"),
    "many-levels": ({"x": [f"t{row % 150}" for row in range(ROWS)]}, "has 150 levels, 600 rows"),
    "duplicate-rows": ({"x": pick("3", "4"), "spend": pick("1.5", "2", seed=4)}, "596 rows repeat"),
    "conflicting-rows": ({"x": pick("3", "4"), "spend": pick("1.5", "2", seed=4)}, "600 customers"),
    "collinear": ({"x": [repr(float(cell) * 3 + 1) for cell in spend()]}, "correlation 1.00000"),
    "leak-near": ({"x": told("a", "b", 0.07)}, "out-of-fold AUC 0.9"),
    "leak-level": (
        {"x": ["end" if gone and row % 3 == 0 else "go" for row, gone in enumerate(CHURNED)]},
        "customers with 'end'",
    ),
    "few": ({"left": ["yes"] * 120 + ["no"] * 480}, "only 120 rows"),
    "ignored": ({}, "ignored by the training file"),
    "date-age": ({"x": [f"2024-01-{row % 28 + 1:02d}" for row in range(ROWS)]}, "days before"),
    "ambiguous-dates": (
        {"x": [f"0{row % 9 + 1}/0{row % 7 + 1}/2024" for row in range(ROWS)]},
        "MM/DD/YYYY both fit; ignored",
    ),
    "positive-read": ({"left": told("1.0", "0.0"), "x": AGES}, "'1' is read as its value '1.0'"),
    "negative-value": ({"x": ["-1", *AGES[1:]]}, "1 of 600 monthly values are below 0"),
    "dirty-header": ({" y\u200b": AGES}, "1 names cleaned"),
    "encoding": ({"x": pick("Café", "Bar")}, "Windows-1252"),
    "leak-overall": ({}, ""),
}  # fmt: skip
EXTRA = {
    "negative-value": 'value = "x"\n',
    "ignored": '[columns.spend]\ntype = "ignore"\n[columns.x]\ntype = "number"\n',
    "date-age": "snapshot_date = 2024-03-01\n",
    "ambiguous-dates": "snapshot_date = 2024-12-01\n",
}
STOPPED: dict[str, tuple[bytes, str]] = {
    "empty-file": (b"", "is empty"),
    "header-only": (b"left,spend\n", "no rows"),
    "binary-file": (b"PK\x03\x04abc", "Excel"),
    "parquet-missing": (b"PAR1", "pyarrow"),
    "mixed-encodings": ("left,x\nyes,Café\n".encode() + b"no,Caf\xe9\n", "line 2 is UTF-8, line 3"),
    "wrong-separator": (b"left:spend\nyes:1\nno:2\n", "separators tried"),
    "broken-line": (b"left,spend\nyes,1\nno,2,3\n", "line 3 has 3 cells"),
    "duplicate-name": (b"left,spend,Spend\nyes,1,2\n", "same name"),
    "target-missing": (csv_of({"left": ["", *told("yes", "no")[1:]]}), "1 rows have no outcome"),
    "one-class": (csv_of({"left": ["yes"] * ROWS}), "must have two values, it has 1"),
    "too-few": (b"left,spend\nyes,1\nno,2\nno,3\n", "only 1 rows have 'yes'"),
    "id-empty": (csv_of({"who": ["", *AGES[1:]]}), "line 2: the id who is empty"),
    "id-repeated": (csv_of({"who": AGES}), "60 ids stand in more than one row"),
    "infinite": (csv_of({"x": ["-Infinity", "1e999", *spend()[2:]]}), "2 cells are infinite"),
    "ambiguous-numbers": (csv_of({"x": pick("1,234", "2,345", "12")}), "both fit"),
    "leak": (csv_of({"x": AFTER}), "out-of-fold AUC 0.99"),
    "leak-copy": (csv_of({"x": told("gone", "here")}), "x: is the outcome in other words"),
    "leak-missing": (csv_of({"x": FILLED}), "whether it is filled"),
    "too-many-columns": (csv_of({f"x{place}": FEW for place in range(2000)}), "2,001 columns"),
}  # fmt: skip
STOPPED_EXTRA = {"id-empty": 'id = "who"\n', "id-repeated": 'id = "who"\n'}


@pytest.mark.parametrize("rule", sorted(set(FOUND) - {"leak-overall", "encoding"}))
def test_a_rule_finds_what_it_names(rule: str) -> None:
    columns, words = FOUND[rule]
    found = read({"x": AGES} | columns, EXTRA.get(rule, ""))

    [line] = [str(each) for each in found.findings if each.rule == rule][:1]
    assert words in line
    assert line.startswith(rules()[rule].level)


def test_a_quiet_table_has_no_findings() -> None:
    who = [f"c{row}" for row in range(ROWS)]
    found = read({"who": who, "x": AGES}, 'id = "who"\n')

    assert not found.findings


def test_windows_encoding_is_noted() -> None:
    data = csv_of({"x": pick("Café", "Bar")}, "cp1252")

    assert "Windows-1252 [encoding]" in words_of(build_dataset(parse_table(data), config_of(), "t"))


def test_weak_columns_that_tell_all_together_are_noticed() -> None:
    noise = np.random.default_rng(1).random((9, ROWS)) < 0.2
    halves = {
        f"x{place}": [str(int(gone != flip)) for gone, flip in zip(CHURNED, row, strict=True)]
        for place, row in enumerate(noise)
    }

    assert "all columns together tell the outcome: out-of-fold AUC 0.99" in words_of(read(halves))


@pytest.mark.parametrize("rule", sorted(STOPPED))
def test_an_error_stops_with_its_cure_and_writes_nothing(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    data, words = STOPPED[rule]
    (tmp_path / "customers.csv").write_bytes(data)
    (tmp_path / "train.toml").write_text(
        f'[data]\ntarget = "left"\npositive = "yes"\n{STOPPED_EXTRA.get(rule, "")}'
    )
    options = ("--data", tmp_path / "customers.csv", "--config", tmp_path / "train.toml")
    root = tmp_path / "models"

    result = CliRunner().invoke(main, ["train", *map(str, options), "--model-root", str(root)])

    assert result.exit_code == 1, result.output
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not root.exists()


@pytest.mark.parametrize("rule", sorted(STOPPED))
def test_an_error_carries_its_rule(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    data, _ = STOPPED[rule]
    with pytest.raises(DataError) as caught:
        build_dataset(parse_table(data), config_of(STOPPED_EXTRA.get(rule, "")), "t")

    assert caught.value.rule == rule
    assert rules()[rule].level == "error"


def test_every_rule_has_a_table_that_breaks_it() -> None:
    assert set(rules()) == set(FOUND) | set(STOPPED)


@pytest.mark.parametrize("rule", sorted(rules()))
def test_every_rule_is_used(rule: str) -> None:
    folder = Path(churn_service.training.__file__).parent
    used = [path for path in folder.glob("*.py") if f'"{rule}"' in path.read_text()]

    assert used


COLUMN_RULES = [
    "identifier", "row-number", "constant", "bad-numbers", "spellings", "near-spellings",
    "rare-levels", "collinear", "leak-near", "leak-level",
]  # fmt: skip


@pytest.mark.parametrize("rule", COLUMN_RULES)
def test_a_finding_can_be_accepted(rule: str) -> None:
    found = read({"x": AGES} | FOUND[rule][0], f'[columns.x]\nallow = ["{rule}"]\n')

    [line] = [str(each) for each in found.findings if each.rule == rule]
    assert line.startswith("info: x: ")
    assert "(accepted by the training file)" in line
    assert found.schema.field("x").role == "feature"


@pytest.mark.parametrize("rule", ["leak", "leak-copy", "leak-missing", "infinite"])
def test_an_error_can_be_accepted(rule: str) -> None:
    config = config_of(f'[columns.x]\nallow = ["{rule}", "leak", "bad-numbers"]\n')
    found = build_dataset(parse_table(STOPPED[rule][0]), config, "t")

    assert "(accepted by the training file)" in words_of(found)


def test_findings_on_the_table_are_accepted_under_data() -> None:
    found = read(FOUND["duplicate-rows"][0], 'allow = ["duplicate-rows"]\n')

    assert re.search(r"info: 596 rows repeat .*\(accepted", words_of(found))


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ('[columns.x]\nallow = ["leek"]\n', r"'leek' cannot be accepted; did you mean 'leak'"),
        ('[columns.x]\nallow = "leak"\n', r"\[columns.x\] allow must be a list of rules"),
        ('allow = ["one-class"]\n', "'one-class' cannot be accepted"),
        ("allow = 3\n", r"\[data\] allow must be a list"),
        ("id = []\n", r"\[data\] id must name a column"),
        ("id = [3]\n", r"\[data\] id must name a column"),
        ('snapshot_date = "soon"\n', "snapshot_date must be a day"),
        ('time = "left"\n', "target and time name the same column"),
        ('value = "y"\n', r"\[data\] value: the table has no column 'y'"),
    ],
)
def test_a_wrong_training_file_is_named(extra: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read({"x": AGES}, extra)


def test_all_errors_are_listed_at_once() -> None:
    marks = pick("1,234", "2,345", "12")
    with pytest.raises(DataError) as caught:
        read({"x": marks, "y": marks})

    lines = str(caught.value).splitlines()
    assert [line[:2] for line in lines] == ["x:", "y:"]


@pytest.fixture
def told_by() -> Callable[[str], str]:
    def run(extra: str) -> str:
        return words_of(read({"x": told("a", "b")}, extra))

    return run


def test_accepting_a_leak_elsewhere_does_not_accept_it_here(told_by: Callable[[str], str]) -> None:
    with pytest.raises(DataError, match=r'allow = \["leak-copy"\] under \[columns."x"\]'):
        told_by('[columns.spend]\nallow = ["leak-copy"]\n')
