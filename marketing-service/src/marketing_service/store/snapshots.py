"""What customers were like when they were chosen, kept for learning from campaigns."""

from sqlalchemy import Connection, select

from marketing_service.store.dialect import insert
from marketing_service.store.tables import attribute_snapshots, customers


def take(conn: Connection, *, after: int, last: int) -> dict[int, bytes]:
    """Keep the attributes of a stretch of customers as they are now.

    Records that were kept before are not written again: a base that does not change costs
    one snapshot per customer, however many campaigns there are.

    Args:
        conn: The writing transaction.
        after: Row number before the stretch.
        last: Row number of its last customer.

    Returns:
        Row number to the hash that finds the snapshot; erased customers are left out.
    """
    stretch = (
        customers.c.id > after,
        customers.c.id <= last,
        customers.c.erased_at.is_(None),
    )
    source = select(customers.c.row_hash, customers.c.attrs).where(*stretch)
    statement = insert(conn, attribute_snapshots).from_select(["row_hash", "attrs"], source)
    conn.execute(statement.on_conflict_do_nothing(index_elements=["row_hash"]))
    found = conn.execute(select(customers.c.id, customers.c.row_hash).where(*stretch))
    return dict(map(tuple, found))
