import pytest

from marketing_service.errors import IdempotencyConflictError
from marketing_service.store import idempotency
from marketing_service.store.engine import Database
from marketing_service.store.idempotency import StoredReply

REPLY = StoredReply(202, '{"id": 1}', {"Location": "/v1/x"})


def _begin(database: Database, sha256: str = "abc", now_ms: int = 1) -> StoredReply | None:
    with database.write() as conn:
        return idempotency.begin(conn, owner="ann", key="k1", request_sha256=sha256, now_ms=now_ms)


def test_the_first_request_does_the_work_and_the_second_gets_its_answer(database: Database) -> None:
    assert _begin(database) is None
    with database.write() as conn:
        idempotency.finish(conn, owner="ann", key="k1", reply=REPLY)

    assert _begin(database) == REPLY


def test_another_request_with_the_same_key_is_refused(database: Database) -> None:
    _begin(database)

    with pytest.raises(IdempotencyConflictError):
        _begin(database, sha256="def")


def test_keys_of_other_callers_do_not_matter(database: Database) -> None:
    _begin(database)
    with database.write() as conn:
        assert (
            idempotency.begin(conn, owner="bob", key="k1", request_sha256="def", now_ms=1) is None
        )


def test_old_keys_are_forgotten(database: Database) -> None:
    _begin(database, now_ms=5)
    with database.write() as conn:
        assert idempotency.prune(conn, before_ms=5) == 0
        assert idempotency.prune(conn, before_ms=6) == 1

    assert _begin(database, sha256="def") is None
