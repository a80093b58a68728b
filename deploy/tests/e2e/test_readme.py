import json
import re

import pytest
from running_stack import Stack

from bootstrap.console import ROOT

pytestmark = pytest.mark.stack
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_readme_shows_the_commands_that_matter() -> None:
    text = "\n".join(FENCE.findall((ROOT / "README.md").read_text()))

    for command in ("make demo", "make up", "make campaign", "curl", "make status", "make down"):
        assert command in text


def test_every_command_of_the_readme_succeeds_and_up_and_campaign_do_so_twice(stack: Stack) -> None:
    failed = {c: d.stdout[-3000:] + d.stderr[-3000:] for c, d in stack.done.items() if d.returncode}

    assert failed == {}
    assert sum("make up" in command for command in stack.done) == 2
    assert sum("make campaign" in command for command in stack.done) == 2


def test_the_demo_reports_both_arms_and_leaves_nothing_in_doubt(stack: Stack) -> None:
    report = stack.done["make demo"].stdout

    for words in ("control:", "sent ", "unknown 0", "(Newcombe)", "verdict:"):
        assert words in report


def test_the_curl_of_the_readme_gets_a_prediction(stack: Stack) -> None:
    (curl,) = [done for command, done in stack.done.items() if command.startswith("curl")]

    answer = json.loads(curl.stdout)

    assert 0 < answer["churn_probability"] < 1
    assert answer["churn"] is (answer["churn_probability"] >= answer["threshold"])
    assert re.fullmatch(r"[0-9a-f]{12}", answer["model_version"])


def test_the_demo_key_is_readable_for_its_owner_only(stack: Stack) -> None:
    assert stack.key_file.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"chk_live_[0-9A-Za-z]{38}", stack.key())


def test_up_names_address_key_and_next_step(stack: Stack) -> None:
    shown = stack.done["make up"].stdout

    for words in (f"http://127.0.0.1:{stack.port}", "/api-key", "make campaign"):
        assert words in shown


def test_compose_alone_starts_the_same_stack(stack: Stack) -> None:
    stack.must("docker compose up -d --wait")

    assert stack.ask("/ping").body.strip() == b"PONG"
