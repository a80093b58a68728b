import sqlite3
from contextlib import closing
from typing import Protocol

import pytest

from gateway_keys.audit import FIRST_HASH, first_bad_row
from gateway_keys.keyring import KeyRequest, Keyring


class HasDatabase(Protocol):
    @property
    def database(self) -> object: ...


@pytest.fixture
def three_changes(keyring: Keyring, request_of_ann: KeyRequest) -> Keyring:
    first = keyring.create(request_of_ann)
    keyring.create(request_of_ann)
    keyring.set_status(first.record.id, "revoked", "revoke", "lost laptop")
    return keyring


def tamper(places: HasDatabase, statement: str) -> None:
    with closing(sqlite3.connect(str(places.database))) as conn, conn:
        conn.execute("DROP TRIGGER audit_is_never_changed")
        conn.execute("DROP TRIGGER audit_is_never_deleted")
        conn.execute(statement)


def test_every_change_leaves_one_row_and_the_chain_holds(three_changes: Keyring) -> None:
    rows = three_changes.store.audit_rows()
    assert [row.action for row in rows] == ["create", "create", "revoke"]
    assert rows[0].prev_hash == FIRST_HASH
    assert first_bad_row(rows) is None


def test_a_row_tells_who_what_and_why(three_changes: Keyring) -> None:
    row = three_changes.store.audit_rows()[-1]
    assert row.actor == "operator"
    assert '"status":"active"' in row.before
    assert '"reason":"lost laptop"' in row.after
    assert '"status":"revoked"' in row.after


@pytest.mark.parametrize(
    ("statement", "bad"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 2", 2),
        ("UPDATE audit SET after = '{}' WHERE seq = 1", 1),
        ("UPDATE audit SET at = 0 WHERE seq = 3", 3),
        ("UPDATE audit SET prev_hash = hash WHERE seq = 3", 3),
        ("UPDATE audit SET seq = 9 WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 2", 2),
    ],
)
def test_the_first_altered_row_is_named(
    three_changes: Keyring, places: HasDatabase, statement: str, bad: int
) -> None:
    tamper(places, statement)
    assert first_bad_row(three_changes.store.audit_rows()) == bad


@pytest.mark.parametrize(
    ("statement", "says"),
    [("UPDATE audit SET actor = 'x'", "never changed"), ("DELETE FROM audit", "never deleted")],
)
def test_the_store_refuses_to_alter_rows(three_changes: Keyring, statement: str, says: str) -> None:
    with pytest.raises(Exception, match=says), three_changes.store.open() as conn:
        conn.execute(statement)


def test_an_empty_chain_is_intact() -> None:
    assert first_bad_row([]) is None
