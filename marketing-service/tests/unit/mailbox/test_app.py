import smtplib
import socket
from pathlib import Path

import pytest

from marketing_service.mailbox import app
from marketing_service.mailbox.ledger import Ledger
from service_kit.settings import SettingsError


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return {
        "PORT": "0",
        "MARKETING_MAILBOX_SMTP_PORT": str(port),
        "MARKETING_MAILBOX_DATABASE": str(tmp_path / "mailbox.sqlite"),
    }


def test_the_process_takes_mail_while_it_serves_pages(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    smtp_port = int(environ["MARKETING_MAILBOX_SMTP_PORT"])
    served: list[object] = []

    def serve(target: str, *, host: str, port: int, threads: int) -> None:
        served.extend([target, host, port, threads])
        with smtplib.SMTP("127.0.0.1", smtp_port, local_hostname="tests", timeout=5) as client:
            client.sendmail("a@example.test", ["b@example.test"], b"Subject: s\r\n\r\nt\r\n")

    monkeypatch.setattr(app, "serve", serve)
    app.run(environ)
    assert served == ["marketing_service.mailbox.app:create_wsgi", "127.0.0.1", 0, app.THREADS]
    ledger = Ledger(Path(environ["MARKETING_MAILBOX_DATABASE"]), clock=lambda: 0)
    assert [mail.recipient for mail in ledger.page()] == ["b@example.test"]
    assert "mailbox.started" in capsys.readouterr().out
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", smtp_port), timeout=5)


def test_the_web_process_reads_its_own_environment(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", environ)
    client = app.create_wsgi().test_client()
    assert client.get("/mailbox").status_code == 200


def test_the_inbox_is_ready_when_smtp_answers(environ: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        environ["MARKETING_MAILBOX_SMTP_PORT"] = str(probe.getsockname()[1])
        ledger = Ledger(tmp_path / "mailbox.sqlite", clock=lambda: 0)
        client = app.create_app(ledger, app._log(), smtp_port=probe.getsockname()[1]).test_client()
        assert client.get("/health/ready").status_code == 200


def test_a_setting_with_a_typing_error_is_refused_by_name(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="MARKETING_MAILBOX_SMTP_PROT"):
        app.run(environ | {"MARKETING_MAILBOX_SMTP_PROT": "1"})
