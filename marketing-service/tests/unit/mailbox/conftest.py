import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from marketing_service.mailbox.app import create_app
from marketing_service.mailbox.ledger import Ledger
from service_kit.logs import EventLog


@pytest.fixture
def log() -> EventLog:
    return EventLog("mailbox", "0", io.StringIO())


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "mailbox.sqlite", clock=lambda: 1_700_000_000_000, kept=5)
    yield ledger
    ledger.close()


@pytest.fixture
def client(ledger: Ledger, log: EventLog) -> FlaskClient:
    return create_app(ledger, log, smtp_port=1).test_client()
