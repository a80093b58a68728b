"""The customers of a plan as arrays, read from the store page by page."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketing_service.store import scores
from marketing_service.store.engine import Database
from marketing_service.store.scores import ScoredCustomer
from marketing_service.targeting.plan import PlanInputs

READ_ROWS = 10_000


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Every customer in ascending order of its row number.

    Attributes:
        row_ids: Numbers of the customers in the store.
        inputs: What the policy needs to know, in the same order.
    """

    row_ids: NDArray[np.int64]
    inputs: PlanInputs

    def fingerprint(self) -> str:
        """Hash everything the choice depends on; equal audiences give equal plans."""
        hasher = hashlib.sha256()
        arrays = (self.row_ids, self.inputs.p0, self.inputs.monthly_value)
        for array in arrays:
            hasher.update(array.tobytes())
        for text in (*self.inputs.customer_ids, *(self.inputs.blocked or ())):
            hasher.update(text.encode() + b"\0")
        return hasher.hexdigest()


def read_audience(database: Database, model_version: str, value_field: str) -> Audience:
    """Read customers with their scores of one model version.

    Args:
        database: The store; each page is a short read of its own.
        model_version: Whose scores count.
        value_field: Canonical name of the attribute with the monthly value.
    """
    found: list[tuple[int, str, float, float, str]] = []
    last = 0
    while page := _page(database, model_version, last):
        found.extend(_facts(customer, value_field) for customer in page)
        last = page[-1].id
    row_ids, ids, p0, values, blocked = zip(*found, strict=True) if found else ((), (), (), (), ())
    inputs = PlanInputs(
        customer_ids=ids,
        p0=np.array(p0, dtype=np.float64),
        monthly_value=np.array(values, dtype=np.float64),
        blocked=blocked,
    )
    return Audience(row_ids=np.array(row_ids, dtype=np.int64), inputs=inputs)


def _page(database: Database, model_version: str, after: int) -> list[ScoredCustomer]:
    with database.read() as conn:
        return scores.page(conn, model_version, after=after, limit=READ_ROWS)


def _facts(customer: ScoredCustomer, value_field: str) -> tuple[int, str, float, float, str]:
    return (
        customer.id,
        customer.external_id,
        float("nan") if customer.p is None else customer.p,
        _number(customer.attrs.get(value_field)),
        "" if customer.email else "no_address",
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
