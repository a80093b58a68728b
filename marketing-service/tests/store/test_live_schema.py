import pytest

from churn_contract.schema import demo_schema
from marketing_service.errors import NoLiveSchemaError
from marketing_service.store import live_schema
from marketing_service.store.engine import Database


def test_before_the_worker_asked_there_is_no_schema(database: Database) -> None:
    with database.read() as conn:
        assert live_schema.get(conn) is None
        with pytest.raises(NoLiveSchemaError) as caught:
            live_schema.require(conn)

    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "2"})


def test_the_newest_schema_is_kept(database: Database) -> None:
    schema = demo_schema()
    for version in ("v1", "v2"):
        with database.write() as conn:
            live_schema.put(
                conn,
                schema=schema.to_json(),
                digest=schema.digest,
                model_version=version,
                now_ms=5,
            )

    with database.read() as conn:
        found = live_schema.require(conn)
    assert (found.schema, found.digest, found.model_version) == (schema, schema.digest, "v2")
