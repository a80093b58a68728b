"""The customers, by the id of their owner's table."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select

from marketing_service.canonical import canonical_json
from marketing_service.errors import UnknownCustomerError
from marketing_service.store.dialect import BATCH_ROWS, marks
from marketing_service.store.tables import customers

Attributes = dict[str, str | float | None]
PreparedRow = tuple[Any, ...]

# Both databases limit the parameters of one statement (SQLite 32,766, PostgreSQL 65,535).
LOOKUP_ROWS: Final = BATCH_ROWS


@dataclass(frozen=True, kw_only=True)
class Customer:
    """One customer as stored; `attrs` holds the schema's features by canonical name."""

    id: int
    external_id: str
    public_id: bytes | None
    email: str | None
    attrs: Attributes
    schema_digest: str
    updated_at: int
    erased_at: int | None


class CustomerRecord(NamedTuple):
    """What an import knows of one customer; `row_hash` covers all that may change."""

    external_id: str
    email: str | None
    email_hash: bytes | None
    attrs: Attributes
    row_hash: bytes
    schema_digest: str


_STORED: Final = tuple(customers.c[name] for name in Customer.__dataclass_fields__)
_PRESENT: Final[ColumnElement[bool]] = customers.c.erased_at.is_(None)


def page(conn: Connection, *, after: int = 0, limit: int = 1_000) -> list[Customer]:
    """Return the next customers behind row number `after`, without erased ones."""
    query = select(*_STORED).where(customers.c.id > after, _PRESENT)
    return [_customer(row) for row in conn.execute(query.order_by(customers.c.id).limit(limit))]


def count(conn: Connection) -> int:
    """Count the customers that are not erased; reads them all, so not for progress bars."""
    return conn.execute(select(func.count()).select_from(customers).where(_PRESENT)).scalar_one()


def exist(conn: Connection) -> bool:
    """Tell whether there is any customer at all."""
    return conn.execute(select(customers.c.id).limit(1)).first() is not None


def get(conn: Connection, external_id: str) -> Customer:
    """Return one customer by the id of the owner's table.

    Raises:
        UnknownCustomerError: nobody has this id, or the customer was erased.
    """
    query = select(*_STORED).where(customers.c.external_id == external_id, _PRESENT)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise UnknownCustomerError("No customer has this id; ids are case-sensitive.")
    return _customer(row)


def by_ids(conn: Connection, ids: Sequence[int]) -> dict[int, Customer]:
    """Return customers by row number; unknown and erased ones are left out."""
    found: dict[int, Customer] = {}
    query = select(*_STORED).where(customers.c.id.in_(bindparam("ids", expanding=True)), _PRESENT)
    for start in range(0, len(ids), LOOKUP_ROWS):
        rows = conn.execute(query, {"ids": list(ids[start : start + LOOKUP_ROWS])})
        found |= {row.id: _customer(row) for row in rows}
    return found


def ids_of(conn: Connection, external_ids: Sequence[str]) -> dict[str, int]:
    """Return row numbers by the owner's ids; unknown and erased ones are left out."""
    return _look_up(conn, customers.c.id, external_ids, _PRESENT)


def row_hashes(conn: Connection, external_ids: Sequence[str]) -> dict[str, bytes]:
    """Return the hashes of the stored records, by the owner's ids."""
    return _look_up(conn, customers.c.row_hash, external_ids)


def upsert(conn: Connection, records: Sequence[CustomerRecord], *, now_ms: int) -> None:
    """Insert new customers and overwrite those whose record differs.

    Every external id may stand in `records` once. Erased customers stay erased: their
    rows are not overwritten.
    """
    upsert_prepared(conn, prepare(records, now_ms=now_ms))


def prepare(records: Iterable[CustomerRecord], *, now_ms: int) -> list[PreparedRow]:
    """Encode records for `upsert_prepared`, before the database is locked for writing."""
    return [_values(record, now_ms) for record in records]


def upsert_prepared(conn: Connection, rows: Sequence[PreparedRow]) -> None:
    """Do what `upsert` does with rows that were encoded before."""
    if rows:
        conn.exec_driver_sql(_UPSERT.format(marks=marks(conn, len(rows[0]))), list(rows))


# As text and past SQLAlchemy's processing of each value, which takes four times as long
# as SQLite itself: 10,000 rows must fit into a write of 200 ms.
_UPSERT: Final = """
    INSERT INTO customers (
        external_id, public_id, email, email_hash, attrs, row_hash, schema_digest, updated_at
    ) VALUES ({marks})
    ON CONFLICT (external_id) DO UPDATE SET
        email = excluded.email,
        email_hash = excluded.email_hash,
        attrs = excluded.attrs,
        row_hash = excluded.row_hash,
        schema_digest = excluded.schema_digest,
        updated_at = excluded.updated_at
    WHERE customers.row_hash <> excluded.row_hash AND customers.erased_at IS NULL
"""


def _values(record: CustomerRecord, now_ms: int) -> PreparedRow:
    return (
        record.external_id,
        secrets.token_bytes(8),
        record.email,
        record.email_hash,
        canonical_json(record.attrs).decode(),
        record.row_hash,
        record.schema_digest,
        now_ms,
    )


def _look_up(
    conn: Connection,
    column: ColumnElement[Any],
    external_ids: Sequence[str],
    *conditions: ColumnElement[bool],
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    wanted = customers.c.external_id.in_(bindparam("ids", expanding=True))
    query = select(customers.c.external_id, column).where(wanted, *conditions)
    for start in range(0, len(external_ids), LOOKUP_ROWS):
        rows = conn.execute(query, {"ids": list(external_ids[start : start + LOOKUP_ROWS])})
        found |= dict(map(tuple, rows))
    return found


def _customer(row: Row[Any]) -> Customer:
    return Customer(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
