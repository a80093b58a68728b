"""The locust user in this process, with gevent's sockets but without its patches."""

import runpy
import sys
import threading
from importlib import resources
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from loadtests.tests.conftest import Target


@pytest.fixture
def locustfile(monkeypatch: pytest.MonkeyPatch, target: "Target") -> ModuleType:
    """Import the locust file; its hooks do nothing here, so the tests call them."""
    monkeypatch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    from churn_loadtests import locustfile as loaded  # noqa: PLC0415  # only unpatched

    monkeypatch.setenv("LOADTEST_URL", target.url)
    monkeypatch.setenv("LOADTEST_RATE", "20")
    monkeypatch.setenv("LOADTEST_SECONDS", "0.5")
    return loaded


@pytest.fixture
def environment(locustfile: ModuleType) -> Any:
    from locust.env import Environment  # noqa: PLC0415  # only unpatched

    return Environment(user_classes=[locustfile.PredictUser])


def run(locustfile: ModuleType, environment: Any) -> None:
    locustfile.prepare(environment)
    runner = environment.create_local_runner()
    runner.start(1, spawn_rate=1)
    runner.greenlet.join(timeout=30)
    locustfile.decide(environment)


def test_nothing_is_patched_in_this_process(locustfile: ModuleType) -> None:
    assert locustfile.PredictUser.__name__ == "PredictUser"
    assert threading.Thread.start.__module__ == "threading"
    assert "gevent" not in str(threading.get_ident)


def test_both_metrics_are_told_and_the_budgets_kept(
    locustfile: ModuleType, environment: Any, target: "Target", capsys: pytest.CaptureFixture[str]
) -> None:
    run(locustfile, environment)
    names = {name for name, _ in environment.stats.entries}
    assert names == {"predict", "predict (scheduled)"}
    assert {entry.num_requests for entry in environment.stats.entries.values()} == {10}
    assert environment.process_exit_code == 0
    assert environment.host == target.url
    locustfile.tell()
    assert capsys.readouterr().out.endswith("all budgets kept\n")


def test_failures_are_told_in_both_metrics_and_break_a_budget(
    locustfile: ModuleType, environment: Any, target: "Target", capsys: pytest.CaptureFixture[str]
) -> None:
    target.answer = (429, b"{}")
    run(locustfile, environment)
    assert {entry.num_failures for entry in environment.stats.entries.values()} == {10}
    assert environment.process_exit_code == 1
    locustfile.tell()
    assert capsys.readouterr().out.endswith("budgets broken: error_ratio\n")


def test_an_unknown_profile_ends_the_run_with_the_known_ones(
    locustfile: ModuleType,
    environment: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LOADTEST_PROFILE", "storm")
    with pytest.raises(SystemExit) as caught:
        locustfile.prepare(environment)
    assert caught.value.code == 2
    assert "no profile 'storm', only smoke, steady" in capsys.readouterr().err


def test_the_module_command_hands_our_file_and_more_arguments_to_locust(
    locustfile: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from locust import main  # noqa: PLC0415  # only unpatched

    assert locustfile.__file__ == str(resources.files("churn_loadtests") / "locustfile.py")
    seen: list[list[str]] = []
    monkeypatch.setattr("sys.argv", ["python", "--csv", "out"])
    monkeypatch.setattr(main, "main", lambda: seen.append(list(sys.argv)))
    runpy.run_module("churn_loadtests", run_name="__main__")
    assert seen[0][1:4] == ["-f", locustfile.__file__, "--headless"]
    assert seen[0][-2:] == ["--csv", "out"]
