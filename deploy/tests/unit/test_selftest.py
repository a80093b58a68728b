from pathlib import Path

import pytest
from scripted import RUNNING, Scripted, machine

from bootstrap import selftest
from bootstrap.console import SetupError
from bootstrap.prepare import Setup
from bootstrap.state import State

INSTALLED = "installed docker.io 26\ninstalled iptables 1.8\ninstalled runc 1.1\ninstalled bash 5"


@pytest.fixture
def commands(tmp_path: Path, monkeypatch) -> Scripted:
    scripted = Scripted({"dpkg-query": INSTALLED, "docker ps": "one\ntwo"})
    made = Setup(scripted, machine(engine=RUNNING), {}, tmp_path / "state", tmp_path / ".env")
    monkeypatch.setattr(selftest.Setup, "of_this_machine", lambda _: made)
    monkeypatch.setattr(selftest, "take_away", lambda _, state: scripted.ran.append(purged(state)))
    monkeypatch.setattr(selftest, "LOGS", tmp_path / "logs")
    return scripted


def purged(state: State) -> str:
    return f"purge {' '.join(state.packages)} {' '.join(state.folders)}"


def test_it_says_what_goes_and_needs_yes(commands: Scripted, capsys) -> None:
    with pytest.raises(SetupError, match="YES=1 make bootstrap-selftest"):
        selftest.run({})

    shown = capsys.readouterr().out
    for words in ("docker.io runc", "/var/lib/docker with every", "2 running containers"):
        assert words in shown
    assert commands.ran == []


def test_it_walks_from_nothing_to_a_campaign_and_prints_durations(
    commands: Scripted, capsys
) -> None:
    selftest.run({"YES": "1"})

    assert commands.ran[0] == "purge docker.io runc /var/lib/docker /var/lib/containerd"
    assert [line.split()[-1] for line in commands.ran[1:]] == ["up", "campaign", "up"]
    assert "-u PYTHON_IMAGE" in commands.ran[1]
    assert "YES=1" in commands.ran[1]
    shown = capsys.readouterr().out
    assert "together" in shown
    assert "row: | " in shown


def test_the_whole_suite_can_be_part_of_it(commands: Scripted) -> None:
    selftest.run({"YES": "1", "FULL": "1"})

    assert commands.ran[-1].endswith("test")


def test_a_purge_that_nobody_agreed_to_leaves_the_record_alone(
    commands: Scripted, tmp_path: Path
) -> None:
    with pytest.raises(SetupError):
        selftest.run({})

    assert commands.ran == []
    assert State.load(tmp_path / "state").is_empty


def test_it_runs_as_root_on_a_known_system_only(commands: Scripted, monkeypatch) -> None:
    for facts in (machine("Fedora"), machine(root=False)):
        made = Setup(commands, facts, {})
        monkeypatch.setattr(selftest.Setup, "of_this_machine", lambda _, m=made: m)
        with pytest.raises(SetupError, match="as root on Debian or Ubuntu"):
            selftest.run({"YES": "1"})


def test_the_time_for_the_whole_is_shared_by_its_parts() -> None:
    ticks = iter([0.0, 30.0, 30.0, 200.0])
    timed = selftest.Timed(100, clock=lambda: next(ticks))

    timed.call("one", lambda: None)
    assert timed.left() == 70
    timed.call("two", lambda: None)

    assert timed.left() == 1
    assert timed.seconds == {"one": 30, "two": 170}
