import socket
from collections.abc import Callable, Iterator

import pytest
import requests
from click.testing import CliRunner, Result

from marketing_service.cli import main


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Callable[..., Result]:
    """Run a command with the settings of a test and nothing else of this prefix."""

    def run_command(*arguments: str, **settings: str) -> Result:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(main, list(arguments))

    monkeypatch.chdir(tmp_path)
    return run_command


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("web", "marketing_service.app"),
        ("worker", "marketing_service.worker"),
        ("mailbox", "marketing_service.mailbox.app"),
    ],
)
def test_a_process_is_given_the_environment(command, monkeypatch, name, module) -> None:
    seen: list[str] = []
    monkeypatch.setattr(f"{module}.run", lambda environ: seen.append(environ["MARKETING_URL"]))

    done = command(name, MARKETING_URL="http://here")

    assert done.exit_code == 0
    assert seen == ["http://here"]


@pytest.mark.parametrize("name", ["web", "worker", "migrate", "mailbox"])
def test_a_wrong_setting_ends_a_process_with_its_name(command, name) -> None:
    done = command(name, MARKETING_NO_SUCH_THING="1")

    assert done.exit_code == 2
    assert "MARKETING_NO_SUCH_THING" in done.output


def test_migrate_brings_up_a_database_and_says_its_revision(command, tmp_path) -> None:
    done = command("migrate", MARKETING_DATABASE_URL=f"sqlite:///{tmp_path}/m.sqlite")

    assert "the database is at revision" in done.output


def test_config_shows_values_and_origins_and_masks_secrets(command) -> None:
    done = command("config", "worker", MARKETING_TOKEN_KEY="hush", MARKETING_SMTP_PORT="2525")

    assert "hush" not in done.output
    assert "2525" in done.output
    assert "environment" in done.output
    assert "default" in done.output


def test_config_names_what_is_missing(command) -> None:
    done = command("config", "worker")

    assert done.exit_code == 2
    assert "MARKETING_TOKEN_KEY" in done.output


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def ends_in_one_line(done: Result) -> bool:
    return isinstance(done.exception, SystemExit) and done.output.count("\n") == 1


@pytest.mark.parametrize("name", ["web", "worker", "mailbox"])
def test_a_taken_port_ends_a_process_in_one_line(command, name, taken_port) -> None:
    done = command(name, PORT=taken_port, MARKETING_TOKEN_KEY="t" * 32)

    assert done.exit_code == 1
    assert ends_in_one_line(done)
    assert f"port {taken_port}: address already in use; set PORT to a free one" in done.output


def test_a_taken_port_for_mail_is_named_by_its_own_setting(command, taken_port) -> None:
    done = command("mailbox", PORT="0", MARKETING_MAILBOX_SMTP_PORT=taken_port)

    assert ends_in_one_line(done)
    assert "set MARKETING_MAILBOX_SMTP_PORT" in done.output


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_database_file_without_its_folder_stops_a_process(command, name) -> None:
    url = "sqlite:////no/such/folder/m.sqlite"
    done = command(name, MARKETING_DATABASE_URL=url, MARKETING_TOKEN_KEY="t" * 32, PORT="0")

    assert done.exit_code == 2
    assert ends_in_one_line(done)
    assert "/no/such/folder" in done.output


@pytest.mark.parametrize("name", ["web", "worker", "migrate"])
@pytest.mark.parametrize("url", ["mysql://x", "nonsense", "postgresql://u:secret@host:port/x"])
def test_an_address_of_no_database_ends_a_process_in_one_line(command, name, url) -> None:
    done = command(name, MARKETING_DATABASE_URL=url, MARKETING_TOKEN_KEY="t" * 32, PORT="0")

    assert done.exit_code == 2
    assert ends_in_one_line(done)
    assert "MARKETING_DATABASE_URL cannot be used" in done.output
    assert "secret" not in done.output


@pytest.mark.parametrize(
    "url", ["postgresql://u:secret@127.0.0.1:1/x", "sqlite:////no/such/folder/m.sqlite"]
)
def test_a_database_that_does_not_answer_ends_migrate_in_one_line(command, url) -> None:
    done = command("migrate", MARKETING_DATABASE_URL=url)

    assert done.exit_code == 1
    assert ends_in_one_line(done)
    assert "Is the database up" in done.output
    assert "secret" not in done.output


def test_a_folder_that_cannot_be_written_is_named(command, tmp_path) -> None:
    (tmp_path / "file").touch()
    done = command("sample-data", "--output", "file/data", "--customers", "1")

    assert done.exit_code == 1
    assert ends_in_one_line(done)
    assert "file/data: Not a directory" in done.output


def test_an_answer_that_breaks_off_asks_for_another_try(command, monkeypatch) -> None:
    def fail(_: object) -> None:
        raise requests.exceptions.ChunkedEncodingError

    monkeypatch.setattr("marketing_service.worker.run", fail)
    done = command("worker")

    assert done.exit_code == 6
    assert "broke off" in done.output


def test_a_failure_that_nobody_foresaw_keeps_its_trace(command, monkeypatch) -> None:
    monkeypatch.setattr("marketing_service.worker.run", lambda _: 1 / 0)

    assert isinstance(command("worker").exception, ZeroDivisionError)
