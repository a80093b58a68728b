"""What campaigns teach goes back into the model, in the running stack."""

import re
import time

import pytest
from running_stack import Stack

pytestmark = pytest.mark.stack
CHURN = "docker compose run --rm -T --no-deps --entrypoint churn trainer"
# The demo's campaigns last a year; looked at from here, their windows are closed.
LATER = "2028-01-01T00:00:00Z"


def champion(stack: Stack) -> object:
    return stack.ask("/models/champion").json()["version"]


def wait_for_champion(stack: Stack, version: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while champion(stack) != version:
        assert time.monotonic() < deadline, f"{version} did not take over"
        time.sleep(0.2)


def test_feedback_teaches_a_challenger_that_takes_over_and_goes_back(stack: Stack) -> None:
    before = champion(stack)
    export = "docker compose run --rm -T marketing feedback export -"

    taught = stack.run(f"{export} | docker compose run --rm -T retrain --as-of {LATER}")

    # Which customers are the control group is chance, so the gate may say either.
    assert taught.returncode in {0, 3}, taught.stderr[-3000:]
    assert "rows of campaigns read" in taught.stdout + taught.stderr
    assert "gate" in taught.stdout
    written = re.search(r"version (\w{12}) written", taught.stdout)
    assert written is not None, taught.stdout
    version = written[1]
    assert champion(stack) == before

    stack.must(f'{CHURN} models promote {version} --force --reason "end to end"')
    wait_for_champion(stack, version)
    stack.must(f'{CHURN} models rollback --reason "end to end"')
    wait_for_champion(stack, before)

    read = CHURN.replace("churn trainer", "cat trainer")
    log = stack.must(f"{read} /models/churn/promotions.jsonl")
    assert log.count("end to end") == 2


def test_the_model_page_and_the_report_are_behind_the_door(stack: Stack) -> None:
    assert stack.ask("/model", key="wrong").status in {303, 401}
    page = stack.ask("/model")
    assert page.status == 200
    assert str(champion(stack)).encode() in page.body
    report = stack.ask(f"/models/{champion(stack)}/report")
    assert report.status == 200
    assert b"<svg" in report.body
    assert b"http://" not in report.body.replace(b"http://www.w3.org", b"")
