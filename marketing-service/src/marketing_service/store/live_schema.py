"""The customer schema of the served model, kept by the worker for everybody here."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from churn_contract.schema import CustomerSchema
from marketing_service.errors import NoLiveSchemaError
from marketing_service.store.dialect import insert
from marketing_service.store.tables import live_schema


class LiveSchema(NamedTuple):
    """What a customer looks like for the model in charge."""

    schema: CustomerSchema
    digest: str
    model_version: str
    fetched_at: int


def put(conn: Connection, *, schema: bytes, digest: str, model_version: str, now_ms: int) -> None:
    """Keep the schema that churn-service has just given, as canonical JSON."""
    values = {
        "id": 1,
        "schema": schema.decode(),
        "digest": digest,
        "model_version": model_version,
        "fetched_at": now_ms,
    }
    statement = insert(conn, live_schema).values(values)
    conn.execute(statement.on_conflict_do_update(index_elements=[live_schema.c.id], set_=values))


def get(conn: Connection) -> LiveSchema | None:
    """Return the newest known schema; None before the worker has asked once."""
    row = conn.execute(select(live_schema)).one_or_none()
    if row is None:
        return None
    schema = CustomerSchema.from_json(row.schema.encode())
    return LiveSchema(schema, row.digest, row.model_version, row.fetched_at)


def require(conn: Connection) -> LiveSchema:
    """Return the newest known schema.

    Raises:
        NoLiveSchemaError: the worker has not asked churn-service yet.
    """
    found = get(conn)
    if found is None:
        raise NoLiveSchemaError(
            "The worker has not yet received the schema from churn-service; try again soon.",
            headers={"Retry-After": "2"},
        )
    return found
