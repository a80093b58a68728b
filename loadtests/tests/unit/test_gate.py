import tomllib

import pytest

from churn_loadtests.gate import (
    BudgetsError,
    Profile,
    judge,
    load_profile,
    packaged_budgets,
    report,
)
from churn_loadtests.measurements import Measurements

GOOD = """
[quick]
rate = 5.0
seconds = 2.0
arrivals = "constant"
in_flight = 10
timeout_seconds = 1.0
[quick.budgets]
scheduled_p99_ms = 100.0
goodput_ratio = 0.9
[quick.void]
generator_lag_p99_ms = 10.0
fired_ratio = 0.999
"""
FIGURES = {
    "scheduled_p99_ms": 100.0,
    "goodput_ratio": 0.9,
    "generator_lag_p99_ms": 10.0,
    "fired_ratio": 1.0,
}


@pytest.fixture
def profile() -> Profile:
    return load_profile("quick", GOOD)


@pytest.mark.parametrize("name", sorted(tomllib.loads(packaged_budgets())))
def test_every_packaged_profile_can_be_loaded_and_judged(name: str) -> None:
    profile = load_profile(name, packaged_budgets())
    assert profile.rate > 0
    assert len(judge(Measurements(1).figures(), profile)) == len(profile.budgets) + 3


def test_the_smoke_profile_runs_for_a_minute() -> None:
    assert load_profile("smoke", packaged_budgets()).seconds == 60


def test_rate_and_length_can_be_changed_apart(profile: Profile) -> None:
    assert profile.changed(None, None) == profile
    assert profile.changed(7, None).rate == 7
    assert profile.changed(None, 9).seconds == 9


def test_limits_that_are_just_met_are_kept(profile: Profile) -> None:
    verdicts = judge(FIGURES, profile)
    assert all(verdict.kept for verdict in verdicts)
    assert report(verdicts).splitlines()[-1] == "all budgets kept"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"scheduled_p99_ms": 100.1}, "BROKEN  scheduled_p99_ms 100.1 (at most 100)"),
        ({"goodput_ratio": 0.89}, "BROKEN  goodput_ratio 0.89 (at least 0.9)"),
        ({"scheduled_p99_ms": float("inf")}, "BROKEN  scheduled_p99_ms inf (at most 100)"),
    ],
)
def test_a_broken_budget_is_named_with_its_value(
    profile: Profile, change: dict[str, float], line: str
) -> None:
    verdicts = judge(FIGURES | change, profile)
    lines = report(verdicts).splitlines()
    assert [verdict.name for verdict in verdicts if not verdict.kept] == list(change)
    assert line in lines
    assert lines[-1] == f"budgets broken: {next(iter(change))}"


@pytest.mark.parametrize(
    "change", [{"generator_lag_p99_ms": 10.1}, {"fired_ratio": 0.99, "scheduled_p99_ms": 500}]
)
def test_a_generator_that_cannot_keep_up_voids_the_run(
    profile: Profile, change: dict[str, float]
) -> None:
    verdicts = judge(FIGURES | change, profile)
    text = report(verdicts)
    assert not all(verdict.kept for verdict in verdicts)
    assert "VOID" in text
    assert text.splitlines()[-1].startswith("the run is void")
    assert text.endswith(next(iter(change)))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("slow", GOOD, "no profile 'slow', only quick"),
        ("quick", "= 1", "budgets.toml"),
        ("quick", GOOD.replace("rate = 5.0", ""), "rate"),
        ("quick", GOOD.replace("rate = 5.0", "speed = 5.0"), "speed"),
        ("quick", GOOD.replace("p99_ms = 100", "p98_ms = 100"), "scheduled_p98_ms; known are"),
        ("quick", GOOD.replace("fired_ratio", "luck"), "luck; known are"),
        ("quick", GOOD[: GOOD.index("[quick.budgets]")], "no budgets"),
    ],
)
def test_a_budgets_file_that_cannot_be_used_is_refused(name: str, text: str, words: str) -> None:
    with pytest.raises(BudgetsError) as caught:
        load_profile(name, text)
    assert words in str(caught.value)
