from pathlib import Path

import pytest

from gateway_keys.first_keys import demo_key, ensure, internal_key
from gateway_keys.key_files import read_key
from gateway_keys.keyring import Keyring
from gateway_keys.scopes import SCOPES
from gateway_keys.secret import digest_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "demo"


def test_the_first_run_makes_a_key_with_every_scope(keyring: Keyring, path: Path) -> None:
    ensure(keyring, demo_key(path))
    record = keyring.store.find_digest(digest_of(read_key(path) or ""))
    assert record is not None
    assert record.scopes == SCOPES


def test_the_workers_key_can_only_score(keyring: Keyring, path: Path) -> None:
    ensure(keyring, internal_key(path, 0o640))
    assert keyring.store.records()[0].scopes == ("predict", "models:read")


def test_the_second_run_makes_nothing(keyring: Keyring, path: Path) -> None:
    ensure(keyring, demo_key(path))
    key = read_key(path)
    assert "is kept (active)" in ensure(keyring, demo_key(path))
    assert read_key(path) == key
    assert len(keyring.store.records()) == 1


def test_a_lost_file_gets_a_new_key_and_the_old_one_is_revoked(
    keyring: Keyring, path: Path
) -> None:
    ensure(keyring, demo_key(path))
    path.unlink()
    ensure(keyring, demo_key(path))
    assert [record.status for record in keyring.store.records()] == ["revoked", "active"]


@pytest.mark.parametrize("content", ["", "no key", "chk_test_" + "0" * 32 + "4dSgbk"])
def test_a_file_without_a_key_of_this_store_is_replaced(
    keyring: Keyring, path: Path, content: str
) -> None:
    path.parent.mkdir()
    path.write_text(content)
    ensure(keyring, demo_key(path))
    assert keyring.store.find_digest(digest_of(read_key(path) or "")) is not None


def test_a_revoked_first_key_stays_revoked(keyring: Keyring, path: Path) -> None:
    ensure(keyring, demo_key(path))
    keyring.set_status(keyring.store.records()[0].id, "revoked", "revoke", "leaked")
    assert "is kept (revoked)" in ensure(keyring, demo_key(path))
    assert len(keyring.store.records()) == 1
