import dataclasses
from pathlib import Path

import pytest
from scripted import RUNNING, Scripted, machine

from bootstrap.machine import Engine, look, look_for_engine, read_release
from bootstrap.plan import Plan, packages_for, plan_engine
from bootstrap.platforms import what_to_install


def test_debian_12_takes_the_engine_from_the_next_release() -> None:
    plan = plan_engine(machine("Debian 12"))

    assert plan.newer == "trixie"
    assert {"docker.io", "docker-compose", "docker-buildx"} <= set(plan.engine)
    assert "its own: this system's sources stay" in plan.lines()[0]


@pytest.mark.parametrize("name", ["Debian 13", "Ubuntu 24.04"])
def test_newer_systems_use_their_own_sources(name: str) -> None:
    plan = plan_engine(machine(name))

    assert plan.newer == ""
    assert "own package sources" in plan.lines()[0]


def test_ubuntu_calls_compose_by_another_name() -> None:
    assert "docker-compose-v2" in plan_engine(machine("Ubuntu 24.04")).engine
    assert "docker-compose-v2" not in plan_engine(machine("Debian 13")).engine


def test_the_engine_is_started_by_systemd_where_it_runs_and_by_itself_elsewhere() -> None:
    with_systemd = plan_engine(machine("Debian 13", has_systemd=True))

    assert with_systemd.start == "systemd"
    assert any("systemctl" in line for line in with_systemd.lines())
    assert any("dockerd by itself" in line for line in plan_engine(machine()).lines())


def test_an_engine_that_answers_needs_no_plan() -> None:
    assert plan_engine(machine(engine=RUNNING)) == Plan()
    assert Plan().lines() == []


def test_an_installed_engine_is_only_started() -> None:
    stopped = dataclasses.replace(RUNNING, version="")

    assert plan_engine(machine(engine=stopped)) == Plan(start="dockerd")


def test_another_vendors_engine_is_never_replaced() -> None:
    foreign = Engine(installed=True)

    assert plan_engine(machine(engine=foreign)) == Plan(start="dockerd")


def test_a_distributions_engine_without_plugins_is_completed() -> None:
    old = Engine(installed=True, from_distribution=True)

    assert "docker-compose" in plan_engine(machine(engine=old)).engine


def test_what_python_and_the_kernel_ask_for_comes_along() -> None:
    plan = plan_engine(machine(needs_apparmor=True, venv_package="python3.11-venv"))

    assert plan.beside[-2:] == ("apparmor", "python3.11-venv")
    assert "docker.io/trixie" in packages_for(machine())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Darwin", "brew install --cask docker"),
        ("Windows", "wsl --install"),
        ("Fedora", "dnf install"),
        ("Rocky", "dnf install"),
        ("Void", "Compose 2.24"),
        ("Debian 11", "Compose 2.24"),
    ],
)
def test_elsewhere_it_is_said_what_to_install(name: str, words: str) -> None:
    text = what_to_install(machine(name))

    assert words in text
    assert "make up" in text


def test_a_stopped_engine_elsewhere_is_only_to_be_started() -> None:
    assert "start it" in what_to_install(machine("Fedora", engine=Engine(installed=True)))


def test_without_root_the_administrator_gets_the_packages() -> None:
    text = what_to_install(machine("Debian 13", root=False))

    assert "docker.io docker-cli docker-compose" in text
    assert "as root" in text


def test_a_user_outside_the_group_is_told_to_join_it() -> None:
    denied = Engine(denied=True)

    assert "sudo usermod" in what_to_install(machine(root=False, sudo=True, engine=denied))
    assert "as root: usermod" in what_to_install(machine(root=False, engine=denied))


@pytest.mark.parametrize(
    ("name", "known"),
    [("Debian 12", "debian"), ("Ubuntu 24.04", "ubuntu"), ("Debian 11", ""), ("Fedora", "")],
)
def test_only_releases_that_were_tried_are_set_up(name: str, known: str) -> None:
    assert machine(name).distribution == known
    assert machine("Darwin").distribution == ""


def test_unstable_which_has_no_number_counts_as_newest() -> None:
    assert machine("Debian 13", release={"ID": "debian"}).distribution == "debian"


def test_looking_reads_release_systemd_apparmor_and_engine(tmp_path: Path) -> None:
    for name in ("etc", "run/systemd/system", "usr/sbin", "sys/module/apparmor/parameters"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc/os-release").write_text('ID=debian\nVERSION_ID="13"\n\n# x\n')
    (tmp_path / "sys/module/apparmor/parameters/enabled").write_text("Y\n")
    (tmp_path / "usr/sbin/dockerd").touch()

    found = look(Scripted({"dpkg-query": "installed", "docker compose": "2.40"}), tmp_path)

    assert (found.distribution, found.number, found.has_systemd) == ("debian", 13, True)
    assert found.needs_apparmor
    assert found.venv_package == ""
    assert found.engine == Engine(installed=True, from_distribution=True, compose="2.40")
    assert read_release(tmp_path / "nowhere") == {}


def test_a_client_without_an_engine_does_not_count(tmp_path: Path) -> None:
    engine = look_for_engine(Scripted({"docker buildx": "v0.13"}), tmp_path)

    assert not engine.answers
    assert not engine.installed
