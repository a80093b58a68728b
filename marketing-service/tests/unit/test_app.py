import io
from pathlib import Path

import pytest

from marketing_service import app as root
from marketing_service.settings import WebSettings
from marketing_service.store.engine import Database
from service_kit.logs import EventLog


def test_the_app_is_ready_once_the_database_is_of_this_release(
    sqlite_database: Database, tmp_path: Path
) -> None:
    settings = WebSettings(spool_dir=tmp_path)
    log = EventLog("test", "0", io.StringIO())
    client = root.create_app(settings, sqlite_database, log).test_client()
    assert client.get("/health/ready").status_code == 200


def test_the_factory_reads_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite'}")
    reply = root.create_wsgi().test_client().get("/health/ready")
    assert reply.status_code == 503
    assert reply.json is not None
    assert "migrations" in reply.json["checks"]


def test_running_serves_the_factory_where_the_settings_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served: list[object] = []
    monkeypatch.setattr(root, "serve", lambda *target, **options: served.extend([target, options]))
    root.run({"PORT": "18081", "MARKETING_TRUST_NETWORK": "1", "MARKETING_THREADS": "3"})
    assert served == [
        ("marketing_service.app:create_wsgi",),
        {"host": "0.0.0.0", "port": 18081, "threads": 3},  # noqa: S104 - what was asked for
    ]
