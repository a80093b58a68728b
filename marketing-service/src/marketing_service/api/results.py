"""`/v1/campaigns/{id}/report` and `/targets`: what became of whom, and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from flask import Blueprint, Response, request

from marketing_service.api.answers import csv_answer, csv_lines, json_answer, rfc3339
from marketing_service.api.questions import invalid_query, row_limit, wants_csv, whole_number
from marketing_service.errors import UnknownPlanError
from marketing_service.outcomes import instant_ms
from marketing_service.store import campaigns
from marketing_service.store.campaigns import Campaign
from marketing_service.store.engine import Database
from marketing_service.store.targets import TargetRow, list_targets
from marketing_service.store.words import ARMS, TARGET_STATES, Words

CSV_PAGE_ROWS = 5_000
COLUMNS = (
    "customer_id", "arm", "offer", "churn_probability", "value", "cost", "net", "propensity",
    "reason", "state", "attempt", "code", "detail", "sent_at",
)  # fmt: skip


class Report(Protocol):
    """What a campaign came to."""

    def to_json(self) -> Mapping[str, Any]:
        """Shape it for callers."""


class ResultRoutes:
    """Translate HTTP to targets and reports.

    Args:
        database: The store.
        build_report: Makes a report from the store, a campaign's name and an instant.
        clock: Milliseconds UTC.
    """

    def __init__(
        self,
        database: Database,
        build_report: Callable[[Database, str, int], Report],
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._build_report = build_report
        self._clock = clock

    def blueprint(self) -> Blueprint:
        """Name the addresses."""
        routes = Blueprint("results", __name__)
        routes.get("/v1/campaigns/<slug>/report")(self.report)
        routes.get("/v1/campaigns/<slug>/targets")(self.targets)
        return routes

    def report(self, slug: str) -> Response:
        """Compare both arms as of now, or as of an instant."""
        as_of = _instant(request.args.get("as_of"), self._clock())
        return json_answer(self._build_report(self._database, slug, as_of).to_json())

    def targets(self, slug: str) -> Response:
        """List targets: a page as JSON, or all of them as CSV."""
        with self._database.read() as conn:
            campaign = campaigns.get(conn, slug)
        chosen = _Chosen(
            self._database, campaign, _word("arm", ARMS), _word("state", TARGET_STATES)
        )
        if wants_csv():
            return csv_answer(csv_lines(COLUMNS, chosen.csv_pages()), f"targets-{slug}.csv")
        return json_answer(chosen.json_page(whole_number("after", 0), row_limit(100)))


class _Chosen:
    """The targets of a campaign's plan that pass the filters."""

    def __init__(
        self, database: Database, campaign: Campaign, arm: str | None, state: str | None
    ) -> None:
        if campaign.active_plan_id is None:
            raise UnknownPlanError(f"The campaign {campaign.slug} has no plan; plan it first.")
        self._database = database
        self._plan_id = campaign.active_plan_id
        self._offers = [str(offer["id"]) for offer in campaign.spec["offers"]]
        self._arm = arm
        self._state = state

    def json_page(self, after: int, limit: int) -> dict[str, Any]:
        """Return one page; `next` leads to the following one, or is None."""
        found = self._page(after, limit)
        last = found[-1].customer_id if len(found) == limit else None
        rows = [dict(zip(COLUMNS, self._cells(row), strict=True)) for row in found]
        return {"targets": rows, "next": last}

    def csv_pages(self) -> Iterator[Sequence[Sequence[object]]]:
        """Yield all rows, a page at a time; each page is its own short read."""
        after = 0
        while found := self._page(after, CSV_PAGE_ROWS):
            yield [self._cells(row) for row in found]
            after = found[-1].customer_id

    def _page(self, after: int, limit: int) -> list[TargetRow]:
        with self._database.read() as conn:
            return list_targets(
                conn, self._plan_id, after=after, limit=limit, arm=self._arm, state=self._state
            )

    def _cells(self, row: TargetRow) -> tuple[object, ...]:
        offer = None if row.offer is None else self._offers[row.offer]
        money = (row.p, row.value, row.cost, row.net, row.propensity)
        sent_at = rfc3339(row.sent_at)
        ends = (row.reason, row.state, row.attempt, row.code, row.detail, sent_at)
        return (row.external_id, row.arm, offer, *money, *ends)


def _word(name: str, words: Words) -> str | None:
    text = request.args.get(name)
    if text is not None and text not in words:
        raise invalid_query(name, f"must be one of {', '.join(words)}")
    return text


def _instant(text: str | None, now_ms: int) -> int:
    if text is None:
        return now_ms
    try:
        return instant_ms(text)
    except ValueError:
        raise invalid_query("as_of", "must be an RFC 3339 instant with its offset") from None
