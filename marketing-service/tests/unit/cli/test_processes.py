from collections.abc import Callable

import pytest
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
