from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

from marketing_service.cli.exits import ERROR

Run = Callable[..., Result]
ROWS = "customer_id,arm\nc-1,treated\nc-2,control\n"


def test_feedback_becomes_a_file_and_its_rows_are_counted(
    service: Any, run: Run, tmp_path: Path
) -> None:
    service.on("GET /v1/feedback", ROWS)
    done = run("feedback", "export", tmp_path / "f.csv", "--campaign", "spring")
    assert done.output == f"2 rows written to {tmp_path / 'f.csv'}\n"
    assert (tmp_path / "f.csv").read_text() == ROWS
    assert service.requests[0].url.endswith("?campaign=spring")


def test_a_refusal_leaves_the_file_of_before(service: Any, run: Run, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("old")
    problem = {"title": "No such campaign", "detail": "There is none."}
    service.on("GET /v1/feedback", problem, status=404)
    done = run("feedback", "export", tmp_path / "f.csv")
    assert done.exit_code == ERROR
    assert (tmp_path / "f.csv").read_text() == "old"


def test_feedback_may_go_to_stdout(service: Any, run: Run) -> None:
    service.on("GET /v1/feedback", ROWS)
    done = run("feedback", "export", "-")
    assert done.output == ROWS
