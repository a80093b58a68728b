import os
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import __main__ as dispatch
from bootstrap import campaign, customers, local, stack
from bootstrap.console import ROOT, SetupError


def test_only_one_of_table_and_configuration_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "customers.csv"
    table.touch()

    with pytest.raises(SetupError, match=r"CONFIG: no such file: ''.*make up DATA="):
        stack.up({"DATA": str(table)})


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"no such file: .*nothing\.csv"):
        stack.up({"DATA": str(tmp_path / "nothing.csv"), "CONFIG": str(tmp_path / "t.toml")})


def test_clean_deletes_nothing_when_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "compose", lambda *_: pytest.fail("must not run"))

    with pytest.raises(SetupError, match="YES=1"):
        stack.clean({})


def test_clean_with_yes_takes_volumes_and_key_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(stack, "compose", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(stack, "ROOT", tmp_path)
    key = stack.key_file({})
    key.parent.mkdir()
    key.touch()

    stack.clean({"YES": "1"})

    assert "--volumes" in calls[0]
    assert not key.exists()


def test_two_stacks_do_not_share_a_key_file() -> None:
    one, other = stack.key_file({}), stack.key_file({"COMPOSE_PROJECT_NAME": "mine"})

    assert one == ROOT / ".demo/api-key"
    assert other == ROOT / ".demo/mine/api-key"


def test_a_project_name_that_compose_would_refuse_is_named() -> None:
    with pytest.raises(SetupError, match="COMPOSE_PROJECT_NAME"):
        stack.key_file({"COMPOSE_PROJECT_NAME": "Bad Name"})


def test_what_needs_the_stack_says_so_when_it_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "compose", lambda *_, **__: "")

    with pytest.raises(SetupError, match="make up"):
        stack.require_stack({})


def test_a_failed_compose_command_points_to_the_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess(["docker"], 1, b"", b"")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)

    with pytest.raises(SetupError, match="make logs"):
        stack.compose("up")


def test_a_campaign_file_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "require_stack", lambda _: None)
    with pytest.raises(SetupError, match=r"no such campaign file: nowhere\.toml"):
        campaign.run({"FILE": "nowhere.toml"})


def test_the_demo_campaign_is_not_run_on_a_users_own_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(campaign, "require_stack", lambda _: None)
    monkeypatch.setattr(campaign, "compose", lambda *_, **__: "train.csv train.toml")

    with pytest.raises(SetupError, match=r"FILE=spring\.toml"):
        campaign.run({})


def test_an_import_saves_the_refused_rows_beside_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("id\n1\n")
    answer = '{"id": "i1", "counts": {"new": 1, "rejected": 2}}'
    monkeypatch.setattr(customers, "require_stack", lambda _: None)
    monkeypatch.setattr(customers, "compose", lambda *_, **__: answer)
    monkeypatch.setattr(customers, "get", lambda _, path: path.encode())

    customers.run({"FILE": str(people)})

    assert (tmp_path / "people.csv.rejects.csv").read_text() == "/v1/imports/i1/rejects"


def test_an_import_without_a_file_shows_the_usage() -> None:
    with pytest.raises(SetupError, match=r"make import FILE="):
        customers.run({"FILE": "nothing.csv"})


def test_the_demo_settings_stay_below_its_folder(tmp_path: Path) -> None:
    demo = local.Demo(tmp_path, local.Ports.choose(), stack_processes(tmp_path))

    environ = demo.environ()

    assert environ["CHURN_MODEL_ROOT"] == str(tmp_path / "models")
    assert Path(environ["MARKETING_TOKEN_KEY_FILE"]).stat().st_mode & 0o777 == 0o600
    assert demo.environ() == environ


def stack_processes(folder: Path) -> local.Processes:
    return local.Processes(folder / "logs")


def test_an_unknown_verb_shows_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.main(["nonsense"]) == 2
    assert "doctor" in capsys.readouterr().out


def test_a_setup_error_ends_with_one_and_no_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(dispatch.VERBS, "doctor", raiser(SetupError("cause. Cure: do this")))
    monkeypatch.setitem(dispatch.VERBS, "up", raiser(KeyboardInterrupt()))

    assert dispatch.main(["doctor"]) == 1
    assert "Cure: do this" in capsys.readouterr().out
    assert dispatch.main(["up"]) == 130


def raiser(error: BaseException):  # noqa: ANN201 - a test's small helper
    def run() -> None:
        raise error

    return run


def test_an_old_interpreter_is_refused_in_words() -> None:
    script = ROOT / "deploy/bootstrap/oldest_python.py"
    planted = "import sys; sys.version_info = (3, 9, 1); exec(open(sys.argv[1]).read())"

    done = subprocess.run(
        ["python3", "-c", planted, str(script)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr


def test_a_request_to_end_works_like_ctrl_c() -> None:
    program = (
        "import os, signal, sys; from bootstrap import __main__ as m;"
        "m.VERBS['demo'] = lambda: os.kill(os.getpid(), signal.SIGTERM);"
        "sys.exit(m.main(['demo']))"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "deploy")}

    done = subprocess.run([sys.executable, "-c", program], env=environ, check=False)

    assert done.returncode == 130
