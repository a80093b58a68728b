from collections.abc import Sequence
from pathlib import Path

import pytest
from scripted import Scripted

from bootstrap.commands import StepError, Work
from bootstrap.console import SetupError
from bootstrap.mirrors import site_of
from bootstrap.packages import POLICY_TEXT, Packages
from bootstrap.plan import Plan
from bootstrap.state import State

TARGETS = """\
http://mirror.example/debian bookworm main
http://mirror.example/debian bookworm-updates main
http://mirror.example/security bookworm-security main
http://vendor.example/apt bookworm main
http://vendor.example/ce bookworm stable
"""
BARE = "installed bash 5\ninstalled iptables 1.8\nconfig-files gone 1"
AFTER = f"{BARE}\ninstalled docker.io 26\ninstalled tini 0.19"
PLAN = Plan(("docker.io",), ("iptables", "runc"), "trixie", "dockerd")


class Apt(Scripted):
    """Installs `docker.io` and `tini` when asked to, and forgets them on purge."""

    def follow(self, command: object) -> None:
        if "install" in list(command):
            self.answers["dpkg-query"] = AFTER
        if "purge" in list(command):
            self.answers["dpkg-query"] = BARE


def apt(**others: str) -> Apt:
    return Apt({"apt-get indextargets": TARGETS, "dpkg-query": BARE}, **others)


def packages(commands: Scripted, folder: Path) -> Packages:
    return Packages(commands, folder / "state", folder / "policy-rc.d")


def test_the_own_view_leaves_the_machines_sources_alone(tmp_path: Path) -> None:
    commands = apt()
    state = State()

    packages(commands, tmp_path).install(PLAN, state, {})

    update, install = commands.ran
    assert "Dir::Etc::sourceparts=/dev/null" in update
    assert f"Dir::State::Lists={tmp_path}/state/apt/lists" in update
    assert install.endswith("--no-install-recommends docker.io/trixie runc")
    assert not (tmp_path / "state/apt").exists()
    assert not (tmp_path / "policy-rc.d").exists()
    assert commands.environs[1]["DEBIAN_FRONTEND"] == "noninteractive"


def test_what_was_added_is_recorded_and_only_that_is_removed(tmp_path: Path) -> None:
    commands = apt()
    packages(commands, tmp_path).install(PLAN, State(), {})
    state = State.load(tmp_path / "state")
    assert state.packages == ["docker.io", "tini"]
    assert state.before == {}

    packages(commands, tmp_path).remove(state)

    assert commands.ran[-1].endswith("purge --yes docker.io tini")
    assert State.load(tmp_path / "state").is_empty


def test_the_sources_of_the_view_are_this_machines_mirrors(tmp_path: Path) -> None:
    own = packages(apt(), tmp_path)

    own.own_view("trixie", {})

    lines = (tmp_path / "state/apt/sources.list").read_text().splitlines()
    shown = [" ".join(line.split()[-3:]) for line in lines]
    assert shown == [
        "http://mirror.example/debian bookworm main",
        "http://mirror.example/debian trixie main",
        "http://mirror.example/debian bookworm-updates main",
        "http://mirror.example/security bookworm-security main",
        "http://mirror.example/security trixie-security main",
    ]
    assert "n=trixie*" in (tmp_path / "state/apt/preferences").read_text()


def test_a_newer_release_of_our_own_choice_wins_over_what_apt_knows() -> None:
    own = {"DEBIAN_MIRROR": "http://own.example/debian"}

    assert site_of(apt(), "bookworm", own) == "http://own.example/debian"
    assert site_of(apt(), "bookworm-security", own) == "http://mirror.example/security"
    assert site_of(Scripted(), "bookworm", {}) == ""


def test_a_failed_installation_names_step_log_and_cure_and_takes_all_back(tmp_path: Path) -> None:
    commands = apt(failing="update --quiet")

    with pytest.raises(StepError, match=r"'install packages'(.|\n)*log: (.|\n)*DEBIAN_MIRROR"):
        packages(commands, tmp_path).install(PLAN, State(), {})

    assert State.load(tmp_path / "state").is_empty
    assert not (tmp_path / "state/apt").exists()
    assert not (tmp_path / "policy-rc.d").exists()


def test_what_a_failed_installation_had_unpacked_is_removed(tmp_path: Path) -> None:
    class Half(Apt):
        def run(self, work: Work, command: Sequence[str], **others: float) -> None:
            super().run(work, command, **others)
            if "install" in command:
                raise StepError(work, "the disk is full")

    commands = Half({"apt-get indextargets": TARGETS, "dpkg-query": BARE})
    earlier = State(packages=["bash"])

    with pytest.raises(StepError, match="the disk is full"):
        packages(commands, tmp_path).install(PLAN, earlier, {})

    assert commands.ran[-1].endswith("purge --yes docker.io tini")
    assert State.load(tmp_path / "state").packages == ["bash"]


def test_an_installation_that_was_killed_is_finished_and_still_counted(tmp_path: Path) -> None:
    commands = apt()
    commands.answers["dpkg-query"] = AFTER
    state = State(before={"bash": "5", "iptables": "1.8"})

    packages(commands, tmp_path).install(PLAN, state, {})

    assert commands.ran[0] == "dpkg --configure -a"
    assert state.packages == ["docker.io", "tini"]


def test_nothing_missing_means_nothing_is_run(tmp_path: Path) -> None:
    commands = apt()

    packages(commands, tmp_path).install(Plan(beside=("iptables",)), State(), {})

    assert commands.ran == []


def test_the_systems_own_sources_are_used_as_they_are(tmp_path: Path) -> None:
    commands = apt()

    packages(commands, tmp_path).install(Plan(("docker.io",)), State(), {})

    assert "Dir::Etc" not in commands.ran[1]
    assert commands.ran[1].endswith("docker.io")


def test_a_cure_for_the_systems_own_sources_names_universe(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="universe"):
        packages(apt(failing="install"), tmp_path).install(Plan(("docker.io",)), State(), {})


def test_a_broken_source_of_the_machine_that_is_not_needed_is_no_failure(tmp_path: Path) -> None:
    commands = apt(failing="update")

    packages(commands, tmp_path).install(Plan(("docker.io",)), State(), {})

    assert commands.ran[-1].endswith("docker.io")


def test_an_administrators_policy_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 104\n")

    with packages(apt(), tmp_path).no_daemon_starts():
        assert "104" in policy.read_text()

    assert "104" in policy.read_text()


def test_a_policy_that_a_killed_run_left_is_ours(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text(POLICY_TEXT)

    with packages(apt(), tmp_path).no_daemon_starts():
        assert policy.stat().st_mode & 0o111

    assert not policy.exists()


def test_upgraded_packages_are_noted_with_the_version_they_had(tmp_path: Path) -> None:
    commands = apt()
    commands.answers["dpkg-query"] = "installed docker.io 20\ninstalled bash 5"
    state = State()

    packages(commands, tmp_path).install(PLAN, state, {})

    assert state.upgraded == {"docker.io": "20"}
    assert "docker.io" not in state.packages


def test_what_came_later_and_needs_it_is_never_removed(tmp_path: Path) -> None:
    commands = apt()
    commands.answers["dpkg-query"] = AFTER
    commands.answers["apt-get --simulate purge"] = "Purg docker.io [26]\nPurg swarmtool:amd64 [1]"

    with pytest.raises(SetupError, match="need what was added: swarmtool"):
        packages(commands, tmp_path).remove(State(packages=["docker.io"]))

    assert commands.ran == []
