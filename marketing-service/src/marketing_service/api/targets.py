"""`/v1/campaigns/{name}/targets`: who was chosen and why, as pages or as one CSV."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Flask, Response, request

from marketing_service.api.replies import (
    CSV,
    instant,
    invalid,
    json_reply,
    page_limit,
    wants_csv,
    whole_number,
)
from marketing_service.errors import UnknownPlanError
from marketing_service.importing.rejects import harmless
from marketing_service.store import campaigns, targets
from marketing_service.store.campaigns import Campaign
from marketing_service.store.engine import Database
from marketing_service.store.targets import TargetRow
from marketing_service.store.words import ARMS, TARGET_STATES, Words

CSV_PAGE = 1_000
COLUMNS = (
    "customer_id",
    "arm",
    "offer",
    "churn_probability",
    "value",
    "cost",
    "net",
    "propensity",
    "reason",
    "state",
    "attempt",
    "code",
    "detail",
    "sent_at",
)


class TargetRoutes:
    """Show the targets of a campaign's plan.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def show(self, name: str) -> Response:
        """List targets by arm and state; everybody when the caller accepts CSV."""
        campaign = self._campaign(name)
        chosen = {"arm": _word("arm", ARMS), "state": _word("state", TARGET_STATES)}
        if wants_csv():
            lines = self._csv(campaign, chosen)
            return Response(lines, content_type=f"{CSV}; charset=utf-8")
        after, limit = whole_number("after", 0), page_limit(100)
        found = self._page(campaign, chosen, after=after, limit=limit)
        following = found[-1].customer_id if len(found) == limit else None
        shown = [target_json(row, campaign) for row in found]
        return json_reply({"targets": shown, "next": following})

    def register(self, app: Flask) -> None:
        """Add the route to an app."""
        app.add_url_rule("/v1/campaigns/<name>/targets", view_func=self.show)

    def _campaign(self, name: str) -> Campaign:
        with self._database.read() as conn:
            campaign = campaigns.get(conn, name)
        if campaign.active_plan_id is None:
            raise UnknownPlanError(f"The campaign {name} has no plan yet; plan it first.")
        return campaign

    def _page(
        self, campaign: Campaign, chosen: dict[str, str | None], *, after: int, limit: int
    ) -> list[TargetRow]:
        plan_id = campaign.active_plan_id or 0
        with self._database.read() as conn:
            return targets.list_targets(conn, plan_id, after=after, limit=limit, **chosen)

    def _csv(self, campaign: Campaign, chosen: dict[str, str | None]) -> Iterator[str]:
        """Yield header and pages; each page is its own short read."""
        yield _text([COLUMNS])
        after = 0
        while found := self._page(campaign, chosen, after=after, limit=CSV_PAGE):
            yield _text([list(target_json(row, campaign).values()) for row in found])
            after = found[-1].customer_id


def target_json(row: TargetRow, campaign: Campaign) -> dict[str, Any]:
    """Return a target as callers see it, its members in the order of `COLUMNS`."""
    offer = None if row.offer is None else campaign.spec["offers"][row.offer]["id"]
    values = (
        row.external_id,
        row.arm,
        offer,
        row.p,
        row.value,
        row.cost,
        row.net,
        row.propensity,
        row.reason,
        row.state,
        row.attempt,
        row.code,
        row.detail,
        instant(row.sent_at),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _word(name: str, words: Words) -> str | None:
    """Read a filter from the query string.

    Raises:
        InvalidRequestError: It is none of the words.
    """
    text = request.args.get(name)
    if text is not None and text not in words:
        raise invalid(name, f"must be one of {', '.join(words)}")
    return text


def _text(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue()
