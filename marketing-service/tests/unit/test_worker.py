import os
import signal
import threading
from pathlib import Path

import pytest

from marketing_service import worker as root
from marketing_service.store.engine import Database
from service_kit.settings import SettingsError


def test_a_worker_without_its_secret_does_not_start() -> None:
    with pytest.raises(SettingsError, match="MARKETING_TOKEN_KEY"):
        root.run({})


def test_a_worker_ends_cleanly_when_it_is_told_to(
    sqlite_database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {
        "PORT": "0",
        "MARKETING_DATABASE_URL": str(sqlite_database.url),
        "MARKETING_SPOOL_DIR": str(tmp_path),
        "MARKETING_CHURN_URL": "http://127.0.0.1:9",
        "MARKETING_TOKEN_KEY": "t" * 32,
    }
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    timer = threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGTERM])
    timer.start()
    try:
        root.run(environ)
    finally:
        timer.join()
        for number, handler in before.items():
            signal.signal(number, handler)
    events = capsys.readouterr().out
    assert "worker.started" in events
    assert "worker.stopped" in events
    assert "schema.unavailable" in events
