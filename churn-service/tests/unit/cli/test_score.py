"""`churn predict`: other forms, bad rows beside good ones, big files, progress."""

import csv
import gzip
import io
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from churn_service import cli
from churn_service.cli import score
from churn_service.cli.score_progress import ScoreProgress
from churn_service.file_scoring import Tally
from churn_service.long_answers import MissingExtraError
from churn_service.training import table_stream
from churn_service.training.trainer import Registration

HEADER = "member_no,home_club,age,monthly_fee,has_trainer,visits,postcode,mood"
GOOD = ["M-1,North,30,20,yes,3,1000,good", "M-2,North,31,20,no,5,1000,None"]
BAD = "M-3,North,abc,-1,yes,3,1000,good"
RAGGED = "M-4,North"


@pytest.fixture
def registry(gym_version: Registration) -> dict[str, str]:
    root = gym_version.folder.parent.parent
    return {"CHURN_MODEL_ROOT": str(root), "CHURN_MODEL_NAME": "gym"}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    data = tmp_path / "mixed.csv"
    data.write_text("\n".join([HEADER, GOOD[0], BAD, RAGGED, GOOD[1], ""]))
    return data


def predict(*arguments: object, env: dict[str, str]) -> Result:
    return CliRunner().invoke(cli.main, ["predict", *map(str, arguments)], env=env)


def test_lenient_scores_keep_a_place_for_each_bad_row(mixed: Path, registry: Any) -> None:
    result = predict("--data", mixed, "--lenient", env=registry)

    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert result.exit_code == 0
    assert [row["customer_id"] for row in rows] == ["M-1", "", "", "M-2"]
    assert rows[1]["error"].startswith("age must be a number from")
    assert "; monthly_fee must be" in rows[1]["error"]
    assert rows[2]["error"] == "must have 8 cells, as the header has; it has 2"
    assert (rows[0]["error"], rows[1]["churn_probability"]) == ("", "")
    assert "2 bad rows were not scored" in result.stderr


def test_errors_go_to_a_file_of_their_own(mixed: Path, registry: Any, tmp_path: Path) -> None:
    scores, errors = tmp_path / "scores.jsonl", tmp_path / "errors.csv"

    result = predict("--data", mixed, "--output", scores, "--errors", errors, env=registry)

    lines = [json.loads(line) for line in scores.read_text().splitlines()]
    assert [line["customer_id"] for line in lines] == ["M-1", "M-2"]
    found = list(csv.DictReader(io.StringIO(errors.read_text())))
    places = [(row["line"], row["field"], row["code"]) for row in found]
    assert places == [
        ("3", "age", "wrong-type"),
        ("3", "monthly_fee", "out-of-range"),
        ("4", "", "wrong-shape"),
    ]
    assert "abc" not in errors.read_text()
    assert "2 customers scored" in result.stderr
    assert f"2 bad rows were not scored; see {errors}" in result.stderr


def test_without_leniency_a_ragged_row_stops_all(mixed: Path, registry: Any) -> None:
    result = predict("--data", mixed, env=registry)

    assert result.exit_code == 1
    assert "line 4 has 2 cells, the header has 8" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("option", ["--output", "--errors"])
def test_the_customers_are_never_written_over(mixed: Path, registry: Any, option: str) -> None:
    before = mixed.read_bytes()

    result = predict("--data", mixed, option, mixed, env=registry)

    assert result.exit_code == 2
    assert f"{option} names the same file as --data" in result.stderr
    assert mixed.read_bytes() == before


def test_scores_and_errors_need_two_files(mixed: Path, registry: Any, tmp_path: Path) -> None:
    both = tmp_path / "both.csv"

    result = predict("--data", mixed, "--output", both, "--errors", both, env=registry)

    assert (result.exit_code, both.exists()) == (2, False)


def test_json_lines_are_scored_and_bad_ones_named(tmp_path: Path, registry: Any) -> None:
    data = tmp_path / "customers.ndjson"
    customer = {
        "member_no": "M-1", "home_club": "north", "age": 30, "monthly_fee": None,
        "has_trainer": True, "visits": 3, "postcode": "p1000", "mood": "good", "extra": 1,
    }  # fmt: skip
    line = json.dumps(customer)
    data.write_text(f"{line}\n\n{line}\n{json.dumps(customer | {'age': -1})}\nno json")

    refused = predict("--data", data, env=registry)
    lenient = predict("--data", data, "--lenient", "--format", "jsonl", env=registry)

    assert refused.exit_code == 1
    assert "2 problem(s); nothing was scored\n  line 4: age must be a number" in refused.stderr
    assert "line 5: this line is not valid JSON" in refused.stderr
    found = [json.loads(each) for each in lenient.stdout.splitlines()]
    assert [("errors" in each) for each in found] == [False, False, True, True]
    assert [each.get("index") for each in found] == [None, None, 2, 3]


def test_a_json_line_without_end_is_refused(tmp_path: Path, registry: Any) -> None:
    data = tmp_path / "customers.jsonl"
    data.write_bytes(b"x" * 70_000)

    result = predict("--data", data, env=registry)

    assert result.exit_code == 1
    assert "customers.jsonl: Line 1 is longer than" in result.stderr


@pytest.mark.parametrize("suffix", ["arrow", "arrows", "parquet", "jsonl", "ndjson"])
def test_the_name_of_the_output_says_its_form(
    suffix: str, registry: Any, gym_files: Any, tmp_path: Path
) -> None:
    output = tmp_path / f"scores.{suffix}"

    result = predict("--data", gym_files.data, "--output", output, env=registry)

    assert result.exit_code == 0, result.output
    starts = {"arrow": b"\xff\xff\xff\xff", "arrows": b"\xff\xff\xff\xff", "parquet": b"PAR1"}
    assert output.read_bytes().startswith(starts.get(suffix, b'{"churn_probability"'))


def test_a_form_without_its_extra_is_wrong_usage(
    registry: Any, gym_files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise MissingExtraError("this form needs the extra churn-service[arrow]")

    monkeypatch.setattr(score, "long_answer", missing)

    result = predict("--data", gym_files.data, "--format", "arrow", env=registry)

    assert result.exit_code == 2
    assert "arrow: this form needs the extra churn-service[arrow]" in result.stderr


def test_parts_and_gzip_do_not_change_a_score(
    registry: Any, gym_files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped = tmp_path / "members.csv.gz"
    zipped.write_bytes(gzip.compress(gym_files.data.read_bytes()))
    whole = predict("--data", gym_files.data, env=registry)

    monkeypatch.setattr(table_stream, "FIRST_CELLS", 2400)
    monkeypatch.setattr(table_stream, "NEXT_CELLS", 1200)
    parts = predict("--data", zipped, env=registry)

    assert parts.stdout == whole.stdout
    assert parts.stdout.count("\n") == 1501


def test_a_bad_row_far_behind_leaves_nothing(
    registry: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_stream, "FIRST_CELLS", 800)
    monkeypatch.setattr(table_stream, "NEXT_CELLS", 800)
    data, output = tmp_path / "bad.csv", tmp_path / "scores.csv"
    rows = [HEADER, *([GOOD[0]] * 500), *([BAD] * 200), GOOD[1]]
    data.write_text("\n".join(rows))

    result = predict("--data", data, "--output", output, env=registry)

    assert result.exit_code == 1
    assert "400 problem(s); nothing was scored\n  line 502: age" in result.stderr
    assert "and 380 more" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_that_goes_away() -> None:
    stream = Terminal()
    progress = ScoreProgress(1000, stream, itertools.count(0.0, 1.0).__next__, quiet=False)

    progress.show(Tally(250, 2000, 3))
    progress.end()

    assert stream.getvalue() == (
        "\r\x1b[2K[######                  ]  25%  2,000 rows, 3 bad, 2,000 rows/s\r\x1b[2K"
    )


def test_a_log_gets_a_line_now_and_then() -> None:
    stream = io.StringIO()
    progress = ScoreProgress(0, stream, itertools.count(0.0, 20.0).__next__, quiet=False)

    for rows in (100, 200, 300, 400):
        progress.show(Tally(0, rows, 0))
    progress.end()

    assert stream.getvalue() == "200 rows, 5 rows/s\n400 rows, 5 rows/s\n"


def test_a_log_tells_the_share_of_a_file() -> None:
    stream = io.StringIO()

    ScoreProgress(1000, stream, itertools.count(0, 60).__next__, quiet=False).show(Tally(100, 6))

    assert stream.getvalue() == "10%, 6 rows, 0 rows/s\n"


def test_quiet_is_quiet() -> None:
    stream = Terminal()
    progress = ScoreProgress(10, stream, itertools.count(0.0, 60.0).__next__, quiet=True)

    progress.show(Tally(5, 5, 0))
    progress.end()

    assert stream.getvalue() == ""


def test_a_big_file_is_scored_in_bounded_memory(registry: Any, tmp_path: Path) -> None:
    data = tmp_path / "big.csv"
    with data.open("w") as file:
        file.write(f"{HEADER}\n")
        file.writelines(f"M-{n},North,{n % 60 + 18},20,yes,3,1000,good\n" for n in range(150_000))
    code = (
        "import pathlib, re, sys\n"
        "from churn_service.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', status)[1])\n"
    )

    command = [sys.executable, "-c", code, "predict", "--data", data, "--output", "/dev/null"]
    done = subprocess.run(
        list(map(str, command)),
        env=registry,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "150000 customers scored" in done.stderr
    assert int(done.stdout) < 150_000  # kibibytes
