import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from scripted import Scripted

from bootstrap import engine as engines
from bootstrap.commands import StepError
from bootstrap.engine import Engine, spawn_daemon
from bootstrap.processes import wait_for
from bootstrap.state import State

ANSWERS = {"docker info": "26.1.5", "iptables": ""}


def engine(commands: Scripted, folder: Path, spawned: list[list[str]] | None = None) -> Engine:
    noted = [] if spawned is None else spawned
    return Engine(commands, folder / "state", folder, lambda command, _: noted.append(command))


def process(root: Path, number: str, name: str) -> None:
    (root / "proc" / number).mkdir(parents=True)
    (root / "proc" / number / "comm").write_text(f"{name}\n")
    (root / "proc" / number / "stat").write_text(f"{number} ({name}) S 1\n")
    (root / "var/run").mkdir(parents=True, exist_ok=True)
    (root / "var/run/docker.pid").write_text(number)


def test_without_systemd_dockerd_is_started_with_its_own_control_groups(tmp_path: Path) -> None:
    spawned: list[list[str]] = []
    state = State()

    engine(Scripted(ANSWERS), tmp_path, spawned).start("dockerd", state)

    assert spawned == [["dockerd", "--exec-opt", "native.cgroupdriver=cgroupfs"]]
    assert State.load(tmp_path / "state").started


def test_only_folders_that_were_not_there_are_recorded(tmp_path: Path) -> None:
    (tmp_path / "var/lib/docker").mkdir(parents=True)
    state = State()

    engine(Scripted(ANSWERS), tmp_path).start("dockerd", state)

    assert state.folders == [str(tmp_path / "var/lib/containerd")]


def test_systemd_starts_the_engine_where_it_runs(tmp_path: Path) -> None:
    commands = Scripted(ANSWERS)

    engine(commands, tmp_path).start("systemd", State())

    assert commands.ran == ["systemctl enable --now docker.service"]


def test_an_engine_that_does_not_answer_names_its_log(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(engines, "START_SECONDS", 0.01)

    with pytest.raises(StepError, match=r"dockerd\.log(.|\n)*--privileged"):
        engine(Scripted({"iptables": ""}), tmp_path).start("dockerd", State())


def test_a_kernel_with_the_older_iptables_gets_them_and_gives_them_back(tmp_path: Path) -> None:
    commands = Scripted({"docker info": "26", "iptables-legacy": ""})
    commands.answers["iptables -w"] = None
    state = State()
    made = engine(commands, tmp_path)

    made.start("dockerd", state)
    assert commands.ran[0] == "update-alternatives --set iptables /usr/sbin/iptables-legacy"
    assert state.alternatives == ["iptables", "ip6tables"]
    made.restore_iptables(state)

    assert commands.ran[-1] == "update-alternatives --auto ip6tables"
    assert state.alternatives == []


def test_without_any_iptables_dockerd_says_itself_what_it_misses(tmp_path: Path) -> None:
    commands = Scripted({"docker info": "26"})

    engine(commands, tmp_path).start("dockerd", State())

    assert commands.ran == []


def test_the_number_of_a_process_that_is_gone_does_not_stop_a_start(tmp_path: Path) -> None:
    process(tmp_path, "77", "bash")

    engine(Scripted(ANSWERS), tmp_path).start("dockerd", State())

    assert not (tmp_path / "var/run/docker.pid").exists()


def test_a_running_engine_keeps_its_number(tmp_path: Path) -> None:
    process(tmp_path, "77", "dockerd")

    engine(Scripted(ANSWERS), tmp_path).start("dockerd", State())

    assert (tmp_path / "var/run/docker.pid").exists()


def test_stopping_ends_the_engine_itself_and_waits(tmp_path: Path, monkeypatch) -> None:
    process(tmp_path, "77", "dockerd")
    killed: list[tuple[int, int]] = []

    def kill(number: int, which: int) -> None:
        killed.append((number, which))
        (tmp_path / "proc/77/stat").write_text("77 (dockerd) Z 1\n")

    monkeypatch.setattr(os, "kill", kill)

    engine(Scripted(), tmp_path).stop()

    assert killed == [(77, signal.SIGTERM)]


def test_with_systemd_its_units_are_stopped(tmp_path: Path) -> None:
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    commands = Scripted()

    engine(commands, tmp_path).stop()

    assert commands.ran == ["systemctl disable --now docker.service docker.socket"]


def test_a_daemon_outlives_the_program_that_started_it(tmp_path: Path) -> None:
    log = tmp_path / "logs/daemon.log"
    program = (
        "from pathlib import Path; from bootstrap.engine import spawn_daemon;"
        f"spawn_daemon(['sh', '-c', 'echo $$; exec tail -f /dev/null'], Path({str(log)!r}))"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(engines.__file__).parents[1])}

    subprocess.run([sys.executable, "-c", program], env=environ, check=True)
    wait_for("the daemon's first line", lambda: log.read_text().strip().isdecimal(), 10)
    number = int(log.read_text())

    os.kill(number, signal.SIGKILL)
    assert spawn_daemon.__doc__
