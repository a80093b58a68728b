import stat
from pathlib import Path

import pytest

from gateway_keys.audit import AuditEvent
from gateway_keys.errors import KeysError, RefusedError
from gateway_keys.keyring import KeyRequest, Keyring
from gateway_keys.store import KeyStore


def test_only_this_user_can_open_the_store(keyring: Keyring, request_of_ann: KeyRequest) -> None:
    keyring.create(request_of_ann)
    path = keyring.store._path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_store_never_holds_a_secret(keyring: Keyring, request_of_ann: KeyRequest) -> None:
    secret = keyring.create(request_of_ann).secret
    for file in keyring.store._path.parent.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_a_record_comes_back_as_it_was_saved(keyring: Keyring, request_of_ann: KeyRequest) -> None:
    record = keyring.create(request_of_ann).record
    assert keyring.store.find(record.id) == record
    assert keyring.store.find_digest(record.digest) == record


def test_an_unknown_id_is_refused_with_the_way_to_find_ids(store: KeyStore) -> None:
    with pytest.raises(RefusedError, match="gateway-keys list"):
        store.find("k_0000000000")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite"
    path.write_text("this is no database, and long enough to be read as one " * 20)
    with pytest.raises(KeysError, match=r"keys\.sqlite cannot be used"):
        KeyStore(path).records()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeysError, match="cannot be used"):
        KeyStore(tmp_path / "file" / "keys.sqlite").records()


def test_a_change_that_fails_halfway_leaves_nothing(
    keyring: Keyring, request_of_ann: KeyRequest
) -> None:
    record = keyring.create(request_of_ann).record
    event = AuditEvent(1, "operator", "revoke", record.id, "", "")
    with pytest.raises(KeysError):
        keyring.store.save(record.changed(record.seq, "revoked"), event)
    assert keyring.store.find(record.id).status == "active"
    assert len(keyring.store.audit_rows()) == 1
