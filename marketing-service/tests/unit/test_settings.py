from pathlib import Path

import pytest

from marketing_service.settings import (
    PREFIX,
    PROCESSES,
    ClientSettings,
    MailboxSettings,
    MigrateSettings,
    WebSettings,
    WorkerSettings,
    load,
)
from service_kit.settings import SettingsError, describe_settings


def test_the_web_process_starts_without_any_setting() -> None:
    settings = load(WebSettings, {})

    assert settings.database_url == "sqlite:///marketing.sqlite"
    assert (settings.port, settings.trust_network) == (8080, False)


def test_the_worker_cannot_start_without_its_token_key() -> None:
    with pytest.raises(SettingsError, match="MARKETING_TOKEN_KEY: is not set"):
        load(WorkerSettings, {})


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret\n")

    settings = load(WorkerSettings, {"MARKETING_TOKEN_KEY_FILE": str(tmp_path / "key")})

    assert settings.token_key == "secret"


def test_settings_of_the_other_processes_are_known_everywhere() -> None:
    environ = {
        "MARKETING_DEMO_IMPORT": "customers.csv",
        "MARKETING_SMTP_HOST": "mailbox",
        "MARKETING_MAILBOX_SMTP_PORT": "1026",
        "MARKETING_URL": "http://127.0.0.1:1",
        "MARKETING_TOKEN_KEY": "x",
        "PORT": "0",
    }

    for process in PROCESSES.values():
        load(process, environ)
    assert load(MigrateSettings, environ).demo_import == Path("customers.csv")
    assert load(MailboxSettings, environ).mailbox_smtp_port == 1026
    assert load(ClientSettings, environ).url == "http://127.0.0.1:1"


def test_a_misspelled_setting_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingsError, match="did you mean MARKETING_SPOOL_DIR"):
        load(WebSettings, {"MARKETING_SPOOLDIR": "x"})


@pytest.mark.parametrize("process", PROCESSES)
def test_every_setting_is_explained(process: str) -> None:
    for row in describe_settings(PROCESSES[process], PREFIX):
        assert row.help.endswith(".")
        assert row.name == "PORT" or row.name.startswith(PREFIX)


@pytest.mark.parametrize("name", ["MARKETING_DATABASE_URL", "MARKETING_TOKEN_KEY"])
def test_secrets_are_marked(name: str) -> None:
    rows = {row.name: row for row in describe_settings(WorkerSettings, PREFIX)}

    assert rows[name].secret
