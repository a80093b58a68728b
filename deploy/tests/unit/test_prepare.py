import dataclasses
import subprocess
from pathlib import Path

import pytest
from scripted import RUNNING, Scripted, machine

from bootstrap import engine as engines
from bootstrap import prepare, undo
from bootstrap.commands import Shell, StepError, Work
from bootstrap.console import SetupError, agreed, agreed_to_lose
from bootstrap.images import BASE_IMAGES, STAMP, stamp_of
from bootstrap.prepare import Setup
from bootstrap.state import State

PYTHON = BASE_IMAGES[0]
HERE = {"docker image inspect": "sha256:1"}
STOPPED = dataclasses.replace(RUNNING, version="")


def setup(commands: Scripted, folder: Path, facts=None, **environ: str) -> Setup:
    found = machine(engine=RUNNING) if facts is None else facts
    return Setup(commands, found, environ, folder / "state", folder / ".env")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what would be done as root instead of doing it."""
    noted: list[str] = []
    monkeypatch.setattr(prepare, "bring_up_engine", lambda _: noted.append("engine"))
    monkeypatch.setattr(
        prepare, "build_images", lambda _, images: noted.extend(i.recipe for i in images)
    )
    monkeypatch.setattr(prepare, "as_root", lambda verb, _: noted.append(verb))
    return noted


def test_where_all_is_there_nothing_is_said_or_done(tmp_path: Path, done, capsys) -> None:
    prepare.prepare(setup(Scripted(HERE), tmp_path))

    assert done == []
    assert capsys.readouterr().out == ""
    assert not (tmp_path / ".env").exists()


def test_on_a_bare_debian_the_plan_is_shown_before_anything_is_done(
    tmp_path: Path, done, capsys
) -> None:
    prepare.prepare(setup(Scripted(HERE), tmp_path, machine("Debian 12"), YES="1"))

    shown = capsys.readouterr().out
    assert done == ["engine"]
    assert "On Debian GNU/Linux 12 (bookworm) the set-up will, as root:" in shown
    assert "1. install docker.io" in shown
    assert "bootstrap-undo" in shown


def test_no_on_the_terminal_changes_nothing(tmp_path: Path, done, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "no")

    with pytest.raises(SetupError, match="Nothing done"):
        prepare.prepare(setup(Scripted(HERE), tmp_path, machine()))

    assert done == []


@pytest.mark.parametrize("name", ["Darwin", "Windows", "Fedora", "Debian 11"])
def test_elsewhere_it_stops_with_what_to_install(name: str, tmp_path: Path, done) -> None:
    with pytest.raises(SetupError, match=r"Install:(.|\n)*docs/how-to/install\.md"):
        prepare.prepare(setup(Scripted(), tmp_path, machine(name)))

    assert done == []


def test_without_root_and_sudo_it_stops_with_the_packages(tmp_path: Path, done) -> None:
    with pytest.raises(SetupError, match=r"docker\.io/trixie"):
        prepare.prepare(setup(Scripted(), tmp_path, machine(root=False)))

    assert done == []


def test_with_sudo_only_the_privileged_part_runs_as_root(tmp_path: Path, done) -> None:
    facts = machine(root=False, sudo=True)
    commands = Scripted({**HERE, "docker info": "26.1.5"})

    prepare.prepare(setup(commands, tmp_path, facts))

    assert done == ["root-engine"]


def test_a_session_older_than_its_group_gets_the_next_step(tmp_path: Path, done) -> None:
    with pytest.raises(SetupError, match="sg docker -c 'make up'"):
        prepare.prepare(setup(Scripted(HERE), tmp_path, machine(root=False, sudo=True)))

    assert done == ["root-engine"]


def test_an_engine_elsewhere_that_does_not_answer_is_not_replaced(tmp_path: Path, done) -> None:
    with pytest.raises(SetupError, match="DOCKER_HOST names tcp"):
        prepare.prepare(setup(Scripted(), tmp_path, machine(), DOCKER_HOST="tcp://x"))

    assert done == []


def test_without_a_registry_images_are_built_and_handed_to_compose(
    tmp_path: Path, done, capsys
) -> None:
    prepare.prepare(setup(Scripted(), tmp_path), (PYTHON,))

    assert done == ["python"]
    assert "no registry answers: build retention-base/python:3.13" in capsys.readouterr().out
    assert f"PYTHON_IMAGE={PYTHON.local}" in (tmp_path / ".env").read_text()


def test_with_a_registry_nothing_is_built_and_no_tag_is_handed_over(tmp_path: Path, done) -> None:
    prepare.prepare(setup(Scripted({"docker pull": "done"}), tmp_path))

    assert done == []
    assert not (tmp_path / ".env").exists()


def test_images_are_built_through_sudo_as_well(tmp_path: Path, done) -> None:
    facts = machine(root=False, sudo=True, engine=RUNNING)

    prepare.prepare(setup(Scripted(), tmp_path, facts), (PYTHON,))

    assert done == ["root-images"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (machine("Darwin", engine=RUNNING), "only on Debian and Ubuntu"),
        (machine(root=False, engine=RUNNING), "only as root"),
    ],
)
def test_where_images_cannot_be_built_loading_them_is_named(
    tmp_path: Path, done, facts, words: str
) -> None:
    with pytest.raises(SetupError, match=rf"{words}(.|\n)*docker load"):
        prepare.prepare(setup(Scripted(), tmp_path, facts), (PYTHON,))

    assert done == []


def test_root_installs_starts_and_adds_the_user_once(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("bootstrap.packages.POLICY", tmp_path / "policy")
    monkeypatch.setattr(engines, "FOLDER", tmp_path)
    commands = Scripted({"docker info": "26", "id": "ann users"})
    facts = machine("Debian 13", engine=STOPPED, has_systemd=True)

    prepare.bring_up_engine(setup(commands, tmp_path, facts, BOOTSTRAP_MEMBER="ann"))

    assert commands.ran == [
        "systemctl enable --now docker.service",
        "usermod -aG docker ann",
    ]
    assert State.load(tmp_path / "state").member == "ann"
    commands.answers["id"] = "ann docker"
    prepare.bring_up_engine(setup(commands, tmp_path, facts, BOOTSTRAP_MEMBER="ann"))
    assert len(commands.ran) == 3


def test_a_bare_machine_gets_packages_first(tmp_path: Path, monkeypatch) -> None:
    noted: list[str] = []
    for name, method in (("Packages", "install"), ("Engine", "start")):
        monkeypatch.setattr(
            f"bootstrap.prepare.{name}.{method}", lambda *_, n=name: noted.append(n)
        )

    prepare.bring_up_engine(setup(Scripted(), tmp_path, machine()))

    assert noted == ["Packages", "Engine"]


def test_only_named_images_are_built_as_root(tmp_path: Path, monkeypatch) -> None:
    built: list[str] = []
    monkeypatch.setattr(
        "bootstrap.prepare.Builder.build",
        lambda _, images, __: built.extend(i.recipe for i in images),
    )

    named = setup(Scripted(), tmp_path, BOOTSTRAP_BUILD="NGINX_IMAGE POSTGRES_IMAGE")
    prepare.build_named_images(named)

    assert built == ["nginx", "postgres"]


def test_sudo_gets_only_what_is_passed_on(monkeypatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, len(commands) - 1)

    monkeypatch.setattr(subprocess, "run", run)

    prepare.as_root("root-engine", {"YES": "1", "SECRET": "x"})
    assert commands[0][:2] == ["sudo", "env"]
    assert "YES=1" in commands[0]
    assert "SECRET=x" not in commands[0]
    with pytest.raises(SetupError, match="see above"):
        prepare.as_root("root-engine", {})


def test_tests_go_on_without_an_engine_but_in_ci(monkeypatch, capsys) -> None:
    def fails(_: Setup) -> None:
        raise SetupError("no engine here")

    made: list[str] = []
    monkeypatch.setattr(prepare, "prepare", fails)
    monkeypatch.setattr(prepare, "ensure_environment", made.append)

    prepare.ready_for_tests({})
    assert "skipped" in capsys.readouterr().out
    assert made == ["dev"]
    with pytest.raises(SetupError, match="CI=true"):
        prepare.ready_for_tests({"CI": "true"})


def test_make_bootstrap_has_every_image(monkeypatch, capsys) -> None:
    wanted: list[object] = []
    monkeypatch.setattr(prepare, "prepare", lambda _, images: wanted.extend(images))

    prepare.prepare_everything({})

    assert wanted == list(BASE_IMAGES)
    assert "base images are here" in capsys.readouterr().out


def test_what_deletes_never_goes_on_without_yes_or_a_terminal(monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert agreed({})
    with pytest.raises(SetupError, match="YES=1 make clean"):
        agreed_to_lose({}, "clean")
    agreed_to_lose({"YES": "1"}, "clean")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(SetupError, match="Nothing deleted"):
        agreed_to_lose({}, "clean")


# ---- the undo


def recorded(folder: Path) -> State:
    (folder / "docker").mkdir()
    state = State(
        packages=["docker.io"],
        folders=[str(folder / "docker")],
        alternatives=["iptables"],
        started=True,
        images=[PYTHON.local],
        member="ann",
    )
    state.save(folder / "state")
    return state


def undoing(monkeypatch, tmp_path: Path, facts, commands: Scripted) -> None:
    made = setup(commands, tmp_path, facts)
    monkeypatch.setattr(undo.Setup, "of_this_machine", lambda _: made)
    monkeypatch.setattr("bootstrap.packages.POLICY", tmp_path / "policy")
    monkeypatch.setattr("bootstrap.undo.Engine", lambda c, f: engines.Engine(c, f, tmp_path))


def test_undo_takes_away_all_that_was_added_and_its_record(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    recorded(tmp_path)
    commands = Scripted({"dpkg-query": "installed docker.io 26"})
    undoing(monkeypatch, tmp_path, machine(), commands)
    monkeypatch.setattr("bootstrap.undo.Packages", Removing)

    undo.undo({"YES": "1"})

    shown = capsys.readouterr().out
    for words in ("packages: docker.io", "every container", "retention-base/python", "ann leaves"):
        assert words in shown
    assert commands.ran == [
        "update-alternatives --auto iptables",
        "gpasswd --delete ann docker",
        "purge docker.io",
    ]
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "docker").exists()


class Removing:
    def __init__(self, commands: Scripted, _folder: Path) -> None:
        self.commands = commands

    def remove(self, state: State) -> None:
        self.commands.ran.append(f"purge {' '.join(state.packages)}")


def test_undo_where_nothing_was_added_says_so(tmp_path: Path, monkeypatch, capsys) -> None:
    undoing(monkeypatch, tmp_path, machine(), Scripted())

    undo.undo({})

    assert "added nothing" in capsys.readouterr().out


def test_undo_of_a_user_goes_through_sudo_and_says_what_stays(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    State(upgraded={"docker.io": "20"}).save(tmp_path / "state")
    verbs: list[str] = []
    undoing(monkeypatch, tmp_path, machine(root=False, sudo=True), Scripted())
    monkeypatch.setattr(undo, "as_root", lambda verb, _: verbs.append(verb))

    undo.undo({"YES": "1"})

    assert verbs == ["root-undo"]
    assert "docker.io (was 20)" in capsys.readouterr().out


def test_the_part_that_runs_as_root_reads_the_record(tmp_path: Path, monkeypatch) -> None:
    seen: list[State] = []
    State(member="ann").save(tmp_path / "state")
    monkeypatch.setattr(undo, "take_away", lambda _, state: seen.append(state))

    undo.take_away_recorded(setup(Scripted(), tmp_path))

    assert seen == [State(member="ann")]


def test_a_folder_that_is_a_disk_of_its_own_is_emptied_and_stays(tmp_path: Path) -> None:
    disk, mounts = tmp_path / "docker", tmp_path / "mounts"
    (disk / "image" / "layer").mkdir(parents=True)
    (disk / "engine-id").write_text("x")
    (disk / "link").symlink_to(disk / "image")
    mounts.write_text(f"36 35 98:0 / {disk} rw - ext4 /dev/vda rw\n")

    undo._remove_folder(disk, mounts)

    assert list(disk.iterdir()) == []


def test_a_folder_in_which_something_is_mounted_is_not_deleted(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 2 0:1 / {tmp_path}/docker/overlay rw - overlay x rw\n")

    with pytest.raises(SetupError, match="Cure: umount"):
        undo._remove_folder(tmp_path / "docker", mounts)
    undo._remove_folder(tmp_path / "never-made", mounts)


def test_a_record_of_another_version_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"member": "ann", "from_the_future": 1}')

    assert State.load(tmp_path) == State(member="ann")


# ---- running programs


def test_a_program_writes_to_the_log_of_its_step(tmp_path: Path) -> None:
    work = Work("try", tmp_path / "logs/try.log", "none needed")

    Shell().run(work, ["echo", "hello"], seconds=10, environ={"X": "1"})

    assert work.log.read_text() == "$ echo hello\nhello\n"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["sh", "-c", "echo why; exit 3"], r"exit code 3\n  \| \$ sh(.|\n)*\| why"),
        (["no-such-program"], "No such file"),
        (["cat", "-o", "noise", "/dev/zero"], "`cat /dev/zero` ended"),
    ],
)
def test_a_failure_names_step_reason_log_and_cure(tmp_path: Path, command, reason: str) -> None:
    work = Work("try", tmp_path / "try.log", "do this")

    with pytest.raises(StepError, match=rf"'try' failed: (.|\n)*{reason}(.|\n)*cure: do this"):
        Shell().run(work, command, seconds=10)


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    work = Work("try", tmp_path / "try.log", "wait")

    with pytest.raises(StepError, match="took longer than 0 s"):
        Shell().run(work, ["sh", "-c", "tail -f /dev/null & wait"], seconds=0.2)


def test_a_program_that_does_not_end_when_asked_is_killed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("bootstrap.commands.END_SECONDS", 0.2)
    work = Work("try", tmp_path / "try.log", "wait")
    stubborn = "trap '' TERM; tail -f /dev/null & wait; wait"

    with pytest.raises(StepError, match="was ended"):
        Shell().run(work, ["sh", "-c", stubborn], seconds=0.2)


def test_no_answer_is_none(tmp_path: Path) -> None:
    assert Shell().answer("echo", "x") == "x"
    assert Shell().answer("false") is None
    assert Shell().answer("no-such-program-anywhere") is None
    assert State.load(tmp_path).is_empty
    assert STAMP in f"{STAMP}={stamp_of(PYTHON)}"
