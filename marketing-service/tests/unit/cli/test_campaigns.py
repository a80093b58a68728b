import json
from pathlib import Path

import pytest

PLANNED = {
    "id": "spring",
    "number": 3,
    "status": "planned",
    "digest": "3f9a",
    "plan": {"lines": ["700 contacts, 300 controls"], "offer": "discount"},
    "counts": {"queued": 700, "control": 300},
    "job": {"kind": "plan", "state": "done", "progress": None, "error": None},
}
PLANNING = {
    **PLANNED,
    "status": "planning",
    "digest": None,
    "job": {"state": "running", "progress": {"done": 1000, "total": 7000}, "error": None},
}
RUNNING = {**PLANNED, "status": "running", "counts": {"queued": 200, "sent": 500, "control": 300}}
FINISHED = {**PLANNED, "status": "finished", "counts": {"sent": 700, "control": 300}}
UNKNOWN = {
    **PLANNED,
    "status": "finished_with_unknown",
    "counts": {"sent": 698, "unknown": 2, "control": 300},
}
TARGET = {
    "customer_id": "7590",
    "arm": "treated",
    "offer": "discount",
    "churn_probability": 0.61234,
    "net": 12.3456,
    "reason": "targeted",
    "state": "unknown",
    "detail": None,
}


@pytest.fixture
def campaign_file(tmp_path: Path) -> Path:
    path = tmp_path / "spring.toml"
    path.write_text('name = "spring"\n[limits]\nbudget_eur = 100\n')
    return path


def test_a_plan_is_waited_for_and_shown_with_digest_and_next_step(
    run, service, campaign_file
) -> None:
    service.on("POST /v1/campaigns", {**PLANNED, "status": "draft"})
    service.on("POST /v1/campaigns/spring/plan", PLANNING)
    service.on("GET /v1/campaigns/spring", PLANNING, PLANNED)

    done = run("campaigns", "plan", campaign_file)

    assert done.exit_code == 0
    assert "700 contacts, 300 controls" in done.output
    assert "marketing campaigns launch spring --expect 3f9a" in done.output


def test_another_name_goes_into_the_posted_campaign(run, service, campaign_file) -> None:
    service.on("POST /v1/campaigns", {**PLANNED, "id": "spring-b"})
    service.on("POST /v1/campaigns/spring-b/plan", PLANNED)
    service.on("GET /v1/campaigns/spring-b", PLANNED)

    run("campaigns", "plan", campaign_file, "--name", "spring-b")

    assert json.loads(service.bodies[0]) == {"name": "spring-b", "limits": {"budget_eur": 100}}


def test_a_failed_plan_says_why(run, service, campaign_file) -> None:
    failed = {"state": "failed", "error": "churn-service did not answer", "progress": None}
    service.on("POST /v1/campaigns", PLANNED)
    service.on("POST /v1/campaigns/spring/plan", PLANNING)
    service.on("GET /v1/campaigns/spring", {**PLANNED, "status": "draft", "job": failed})

    done = run("campaigns", "plan", campaign_file)

    assert done.exit_code == 1
    assert "churn-service did not answer" in done.output


def test_a_broken_campaign_file_is_named_with_the_place(run, tmp_path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("name = oops")

    done = run("campaigns", "plan", path)

    assert done.exit_code == 2
    assert "line 1" in done.output


def test_a_launch_uses_the_digest_that_the_service_shows(run, service) -> None:
    service.on("GET /v1/campaigns/spring", PLANNED, RUNNING, FINISHED)
    service.on("POST /v1/campaigns/spring/launch", {**RUNNING, "message": "launched"})

    done = run("campaigns", "launch", "spring", "--wait")

    assert done.exit_code == 0
    assert json.loads(service.bodies[1]) == {"expect": "3f9a"}
    assert "finished: 700 sent, 300 control" in done.output


def test_a_launch_that_leaves_rows_in_doubt_says_how_to_list_them(run, service) -> None:
    service.on("GET /v1/campaigns/spring", UNKNOWN)
    service.on("POST /v1/campaigns/spring/launch", {**RUNNING, "message": "launched"})

    done = run("campaigns", "launch", "spring", "--expect", "3f9a", "--wait")

    assert done.exit_code == 5
    assert "--state unknown" in done.output


def test_a_launch_without_waiting_returns_at_once(run, service) -> None:
    again = "already launched: nothing is sent twice"
    service.on("POST /v1/campaigns/spring/launch", {**RUNNING, "message": again})

    done = run("campaigns", "launch", "spring", "--expect", "3f9a")

    assert done.exit_code == 0
    assert again in done.output


def test_targets_are_a_table_or_a_csv(run, service, tmp_path) -> None:
    service.on("GET /v1/campaigns/spring/targets", {"targets": [TARGET], "next": 9})
    table = run("campaigns", "targets", "spring", "--state", "unknown").output
    service.on("GET /v1/campaigns/spring/targets", "customer_id,arm\n7590,treated\n")
    out = tmp_path / "targets.csv"
    run("campaigns", "targets", "spring", "--csv", "--arm", "treated", "--output", out)

    assert "0.612" in table
    assert "all of them: --csv" in table
    assert out.read_text() == "customer_id,arm\n7590,treated\n"
    assert "state=unknown" in service.requests[0].url
    assert "arm=treated" in service.requests[1].url


def test_no_target_is_said_in_words(run, service) -> None:
    service.on("GET /v1/campaigns/spring/targets", {"targets": [], "next": None})

    assert "no such targets" in run("campaigns", "targets", "spring").output


def test_campaigns_are_listed_with_their_counts(run, service) -> None:
    service.on("GET /v1/campaigns", {"campaigns": [FINISHED, {**PLANNED, "counts": {}}]})

    shown = run("campaigns", "list").output

    assert "finished" in shown
    assert "700 sent, 300 control" in shown
    assert "no targets" in shown


def test_every_answer_can_be_had_as_json(run, service, campaign_file) -> None:
    service.on("POST /v1/campaigns", PLANNED)
    service.on("POST /v1/campaigns/spring/plan", PLANNED)
    service.on("GET /v1/campaigns/spring", PLANNED)
    service.on("GET /v1/campaigns", {"campaigns": []})
    service.on("POST /v1/campaigns/spring/launch", RUNNING)
    service.on("GET /v1/campaigns/spring/report", {"campaign": "spring"})

    for arguments in (
        ("plan", campaign_file),
        ("list",),
        ("launch", "spring", "--expect", "3f9a"),
        ("report", "spring"),
    ):
        assert json.loads(run("campaigns", *arguments, "--json").output)


@pytest.mark.parametrize("digest", ["", " "])
def test_an_empty_digest_is_refused_before_the_service_is_asked(run, service, digest) -> None:
    done = run("campaigns", "launch", "spring", "--expect", digest)

    assert done.exit_code == 2
    assert "give the digest of the plan you have seen" in done.output
    assert service.requests == []


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("budget_eur = nan", "limits.budget_eur: must be a finite number (got nan)"),
        ("steps = [1, {x = -inf}]", "limits.steps[1].x: must be a finite number (got -inf)"),
        ("until = 2027-03-01", "limits.until: must be text, a number, true or false"),
    ],
)
def test_a_value_that_cannot_be_posted_is_named(run, service, tmp_path, line, place) -> None:
    path = tmp_path / "spring.toml"
    path.write_text(f'name = "spring"\n[limits]\n{line}\n')

    done = run("campaigns", "plan", path)

    assert done.exit_code == 2
    assert place in done.output
    assert service.requests == []


def test_the_examples_in_a_help_text_stand_line_by_line(run) -> None:
    shown = run("campaigns", "plan", "--help").output

    assert "\\b" not in shown
    assert "\n    marketing campaigns plan spring.toml\n" in shown
