"""Turn a policy's decisions into the rows of a plan, and hash them."""

from collections.abc import Iterator

import numpy as np

from marketing_service.audience import Audience
from marketing_service.digest import DigestRow, plan_digest
from marketing_service.store.engine import Database
from marketing_service.store.plans import Plan
from marketing_service.store.targets import StagedTarget, TargetRow, list_targets
from marketing_service.targeting.plan import PlanResult

_STATE_OF_REASON = {
    "targeted": "queued",
    "control": "control",
    "suppressed": "suppressed",
    "no_consent": "suppressed",
    "contact_cap": "capped",
    "no_score": "ineligible",
    "no_value": "ineligible",
    "no_address": "ineligible",
    "invalid_record": "ineligible",
    "ineligible": "ineligible",
    "not_in_audience": "ineligible",
}
"""Where a target begins; every other reason is a customer that was not selected."""


class Staging:
    """The rows of one plan in ascending order of the customer's number."""

    def __init__(self, audience: Audience, result: PlanResult) -> None:
        self._audience = audience
        self._result = result
        self._arms = result.arm_words()
        self._reasons = result.reason_words()

    def rows_after(self, row_id: int, limit: int) -> list[StagedTarget]:
        """Make the next rows behind a customer's number."""
        first = int(np.searchsorted(self._audience.row_ids, row_id, side="right"))
        last = min(first + limit, len(self._audience.row_ids))
        return [self._row(index) for index in range(first, last)]

    def _row(self, index: int) -> StagedTarget:
        reason = self._reasons[index]
        result = self._result
        return StagedTarget(
            customer_id=int(self._audience.row_ids[index]),
            arm=self._arms[index],
            offer=0 if result.selected[index] else None,
            p=_known(self._audience.inputs.p0[index]),
            value=_known(result.value[index]),
            cost=_known(result.cost[index]),
            net=_known(result.net[index]),
            propensity=_known(result.propensity[index]),
            reason=reason,
            state=_STATE_OF_REASON.get(reason, "not_selected"),
        )


def digest_of_staged(database: Database, plan: Plan, spec_digest: str, offer: str) -> str:
    """Hash the rows as they stand in the store, so that the digest cannot promise more."""
    rows = (
        DigestRow(row.external_id, row.arm, "" if row.offer is None else offer)
        for row in _staged(database, plan.id)
    )
    return plan_digest(spec_digest, plan.model_version or "", plan.schema_digest or "", rows)


def _staged(database: Database, plan_id: int) -> Iterator[TargetRow]:
    last = 0
    while True:
        with database.read() as conn:
            page = list_targets(conn, plan_id, after=last, limit=10_000)
        if not page:
            return
        yield from page
        last = page[-1].customer_id


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
