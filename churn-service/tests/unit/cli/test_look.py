"""A look at a table shows what the columns are, and learns nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from churn_service.cli import main

HEADER = "left,spend,plan,note,who,town"


def look(folder: Path, rows: list[str], *options: str, header: str = HEADER) -> Result:
    (folder / "t.csv").write_text("\n".join([header, *rows]))
    (folder / "t.toml").write_text('[data]\ntarget = "left"\npositive = "yes"\nid = "who"\n')
    files = ("--data", str(folder / "t.csv"), "--config", str(folder / "t.toml"))
    return CliRunner().invoke(main, ["findings", *files, *options])


def rows_of(note: Any = "same") -> list[str]:
    return [
        f'{"yes" if row % 5 in {0, 3} else "no"},"{row % 97},50 €",'
        f"{('Low', 'High', 'Mid', '')[row % 4]},{note if isinstance(note, str) else note(row)},"
        f"c{row},t{row % 6}"
        for row in range(400)
    ]


@pytest.fixture
def seen(tmp_path: Path) -> Result:
    return look(tmp_path, rows_of())


def test_every_column_is_shown_with_its_values(seen: Result) -> None:
    lines = [line.split() for line in seen.stdout.splitlines()]

    assert seen.exit_code == 0
    assert "t.csv: 400 rows, 6 columns (comma, utf-8)" in seen.stdout
    assert ["spend", "number", "0", "0.5", "to", "96.5", "€"] in lines
    assert ["plan", "category", "100", "High,", "Low,", "Mid"] in lines
    assert ["who", "id", "0"] in lines
    assert ["town", "category", "0", "t0,", "t1,", "t2,", "t3", "and", "2", "more"] in lines


def test_findings_are_listed_warnings_first(seen: Result) -> None:
    tail = seen.stdout[seen.stdout.index("findings: ") :].splitlines()

    assert tail[0].startswith("findings: 0 error, 2 warning")
    assert [line.split(":")[0] for line in tail[1:4]] == ["warning", "warning", "info"]


def test_errors_are_told_with_all_other_findings_and_nothing_is_written(tmp_path: Path) -> None:
    seen = look(tmp_path, rows_of(lambda row: "gone" if row % 5 in {0, 3} else "here"))

    assert seen.exit_code == 1
    assert "error: note: is the outcome in other words" in seen.stdout
    assert "[number-marks]" in seen.stdout
    assert "a training would stop:\nnote: is the outcome" in seen.stderr
    assert 'allow = ["leak-copy"] under [columns."note"]' in seen.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.toml"]


def test_programs_get_json(tmp_path: Path) -> None:
    facts = json.loads(look(tmp_path, rows_of(), "--json").stdout)

    columns = {column["name"]: column for column in facts["columns"]}
    assert (facts["rows"], facts["separator"]) == (400, "comma")
    assert columns["plan"]["missing"] == 100
    assert columns["left"]["role"] == "outcome"
    assert {found["rule"] for found in facts["findings"]} >= {"constant", "number-marks", "missing"}
    assert all(found["cure"] for found in facts["findings"])


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    seen = look(tmp_path, [])

    assert seen.exit_code == 1
    assert "t.csv: has a header but no rows" in seen.stderr
