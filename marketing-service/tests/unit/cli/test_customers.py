import json
from pathlib import Path

import pytest

QUEUED = {"id": "i1", "state": "queued", "counts": {}, "error": None}
DONE = {"id": "i1", "state": "done", "counts": {"new": 2, "rejected": 1}, "error": None}


@pytest.fixture
def customers_file(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text("id,email\n1,a@example.test\n")
    return path


def test_an_import_returns_at_once_unless_one_waits(run, service, customers_file) -> None:
    service.on("POST /v1/imports", QUEUED, status=202)

    done = run("customers", "import", customers_file, "--map", "mail=email", "--map", "x=")

    assert done.output == "import i1: queued\n"
    assert service.bodies == [customers_file.read_bytes()]
    assert "filename=customers.csv&map=mail%3Demail%2Cx%3D" in service.requests[0].url


def test_an_import_is_waited_for_and_its_rejects_saved(
    run, service, customers_file, tmp_path
) -> None:
    service.on("POST /v1/imports", QUEUED, status=202)
    service.on("GET /v1/imports/i1", {**QUEUED, "state": "running"}, DONE)
    service.on("GET /v1/imports/i1/rejects", "line,reason\n2,bad\n")
    rejects = tmp_path / "rejects.csv"

    done = run("customers", "import", customers_file, "--rejects", rejects)

    assert "done (2 new, 1 rejected)" in done.output
    assert rejects.read_text() == "line,reason\n2,bad\n"


def test_a_failed_import_says_why(run, service, customers_file) -> None:
    service.on("POST /v1/imports", QUEUED, status=202)
    failed = {**QUEUED, "state": "failed", "error": "the file ends inside a quoted cell"}
    service.on("GET /v1/imports/i1", failed)

    done = run("customers", "import", customers_file, "--wait")

    assert done.exit_code == 1
    assert "ends inside a quoted cell" in done.output


def test_outcomes_are_posted_by_the_ending_of_the_file(run, service, tmp_path) -> None:
    service.on("POST /v1/outcomes", {"new": 3, "corrected": 0, "unchanged": 1})
    path = tmp_path / "left.csv"
    path.write_text("customer_id,kind\n")

    assert run("outcomes", "import", path).output == "3 new, 0 corrected, 1 unchanged\n"
    assert json.loads(run("outcomes", "import", path, "--json").output)["new"] == 3
    assert service.requests[0].headers["Content-Type"] == "text/csv"


def test_an_unknown_ending_is_a_usage_error(run, tmp_path) -> None:
    path = tmp_path / "left.xlsx"
    path.touch()

    done = run("outcomes", "import", path)

    assert done.exit_code == 2
    assert ".ndjson" in done.output


@pytest.mark.parametrize("pair", ["email", "=email", "a=b,c"])
def test_a_mapping_of_another_form_is_refused_before_the_upload(
    run, service, customers_file, pair
) -> None:
    done = run("customers", "import", customers_file, "--map", pair)

    assert done.exit_code == 2
    assert "must have the form THEIRS=OURS" in done.output
    assert service.requests == []


def test_the_notes_of_an_import_are_shown_below_its_counts(run, service, customers_file) -> None:
    service.on("POST /v1/imports", QUEUED, status=202)
    counts = {"read": 3, "new": 3, "no_address": 2}
    service.on("GET /v1/imports/i1", {**DONE, "counts": counts, "notes": ["2 have none."]})

    done = run("customers", "import", customers_file, "--wait")

    assert done.output == "import i1: done (3 read, 3 new)\n  2 have none.\n"
