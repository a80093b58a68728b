"""The real command against a real server, in a process of its own: gevent patches it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from churn_contract.schema import CustomerSchema, Field, demo_schema
from churn_contract.validation import Validator

if TYPE_CHECKING:
    from loadtests.tests.conftest import Target

OWN = CustomerSchema("own", fields=(Field(name="n", kind="number", minimum=0, maximum=1),))


def load(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: text for name, text in os.environ.items() if "LOADTEST" not in name}
    return subprocess.run(
        [sys.executable, "-m", "churn_loadtests", *arguments],
        env=inherited | {f"LOADTEST_{name}": text for name, text in settings.items()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_good_target_keeps_its_budgets(target: "Target", tmp_path: Path) -> None:
    target.schema = (200, OWN.to_json())
    key = tmp_path / "key"
    key.write_text("k1")
    done = load(URL=target.url, RATE="20", SECONDS="1", API_KEY_FILE=str(key))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "all budgets kept"
    assert "20 arrivals due in 1 s (poisson, seed 1)" in done.stdout
    assert "predict (scheduled)" in done.stdout
    assert "predict (scheduled)" in done.stderr
    assert target.keys == ["k1"] * 21
    assert len(target.customers) == 20
    for customer in target.customers:
        Validator(OWN).check(customer)


@pytest.mark.parametrize("answer", [(503, b"{}"), (200, b"<html>")])
def test_a_target_that_fails_breaks_a_budget_and_the_build(
    target: "Target", answer: tuple[int, bytes]
) -> None:
    target.answer = answer
    done = load(URL=target.url, RATE="10", SECONDS="1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN  error_ratio 1 (at most 0.001)" in done.stdout
    Validator(demo_schema()).check(target.customers[0])


def test_a_wrong_setting_ends_the_run_before_it_starts() -> None:
    done = load(URL="http://example.test", RATES="1")
    assert done.returncode == 2
    assert "LOADTEST_URL: load goes to this machine" in done.stderr
    assert "did you mean LOADTEST_RATE?" in done.stderr


def test_an_address_given_to_locust_itself_is_not_used(target: "Target") -> None:
    done = load("--host", "http://example.test", URL=target.url, RATE="5", SECONDS="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(target.customers) == 5


def test_importing_the_package_patches_nothing() -> None:
    script = (
        "import churn_loadtests.gate, churn_loadtests.target, sys; print('gevent' in sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert shown.stdout.strip() == "False"
