"""One row per customer and campaign: what a later model may learn from."""

from collections.abc import Iterator
from typing import Any, Final

from marketing_service.report import DAY_MS
from marketing_service.store import campaigns, feedback, live_schema, plans
from marketing_service.store.campaigns import Campaign
from marketing_service.store.engine import Database
from marketing_service.store.feedback import Chosen, Fate
from marketing_service.store.plans import Plan
from marketing_service.targeting.spec import CampaignSpec, parse_campaign

PAGE_ROWS: Final = 2_000
NO_ACTION: Final = "none"
_SENT: Final = frozenset({"sent", "unknown"})

COLUMNS: Final = (
    "customer_id", "campaign_id", "arm", "planned_offer", "action", "propensity", "score",
    "model_version", "planned_at", "sent_at", "delivery_state", "redeemed_at", "cost_eur",
    "outcome", "churned_at", "margin_eur", "window_end", "attributes_hash",
)  # fmt: skip
"""The columns of a row, without the customer's attributes; instants are ms UTC."""

Row = dict[str, Any]
Taught = tuple[Row, dict[str, Any]]
"""The columns of a row, and the customer's attributes."""


class Feedback:
    """The feedback of launched campaigns, read page by page.

    Attributes:
        attributes: Names of the attributes that the live schema knows, in its order.

    Args:
        database: The store; each page is a short read of its own.
        slug: Only this campaign; None for all that were launched, the oldest first.

    Raises:
        UnknownCampaignError: There is no such campaign.
    """

    def __init__(self, database: Database, slug: str | None = None) -> None:
        self._database = database
        with database.read() as conn:
            schema = live_schema.get(conn)
            one = None if slug is None else campaigns.get(conn, slug)
        self.attributes = tuple(field.name for field in schema.schema.features) if schema else ()
        self._one = one

    def pages(self) -> Iterator[list[Taught]]:
        """Yield every customer of every campaign, some thousand at a time."""
        for campaign in self._launched():
            yield from _Told(self._database, campaign).pages()

    def _launched(self) -> Iterator[Campaign]:
        if self._one is not None:
            yield self._one
            return
        after = 0
        while found := self._after(after):
            yield from found
            after = found[-1].id

    def _after(self, campaign_id: int) -> list[Campaign]:
        with self._database.read() as conn:
            return campaigns.launched_after(conn, campaign_id)


class _Told:
    """One campaign as rows of feedback; before its launch it has none."""

    def __init__(self, database: Database, campaign: Campaign) -> None:
        self._database = database
        self._campaign = campaign

    def pages(self) -> Iterator[list[Taught]]:
        """Yield every customer of the plan that was launched."""
        campaign = self._campaign
        if campaign.launched_at is None or campaign.active_plan_id is None:
            return
        spec = parse_campaign(campaign.spec)
        with self._database.read() as conn:
            plan = plans.get(conn, campaign.active_plan_id)
        since = campaign.launched_at
        end = since + spec.measure.window_days * DAY_MS
        after = 0
        while chosen := self._page(plan.id, after):
            with self._database.read() as conn:
                found = feedback.fates(conn, chosen, since_ms=since, until_ms=end + 1)
            same = _of_campaign(campaign, plan, end)
            yield [
                (
                    _row(target, found.get(target.customer_id, Fate()), spec) | same,
                    target.attrs or {},
                )
                for target in chosen
            ]
            after = chosen[-1].customer_id

    def _page(self, plan_id: int, after: int) -> list[Chosen]:
        with self._database.read() as conn:
            return feedback.page(conn, plan_id, after=after, limit=PAGE_ROWS)


def _of_campaign(campaign: Campaign, plan: Plan, end: int) -> Row:
    return {
        "campaign_id": campaign.slug,
        "model_version": plan.model_version,
        "planned_at": plan.planned_at,
        "window_end": end,
    }


def _row(target: Chosen, fate: Fate, spec: CampaignSpec) -> Row:
    offer = None if target.offer is None else spec.offers[target.offer].id
    revenue = fate.revenue
    return {
        "customer_id": target.external_id,
        "arm": target.arm,
        "planned_offer": offer,
        "action": offer if target.arm == "treated" else NO_ACTION,
        "propensity": target.propensity,
        "score": target.p,
        "sent_at": target.sent_at,
        "delivery_state": target.state,
        "redeemed_at": fate.redeemed_at,
        "cost_eur": _cost(target, fate, spec),
        "outcome": fate.outcome,
        "churned_at": fate.churned_at,
        "margin_eur": None if revenue is None else revenue * spec.value.margin_rate,
        "attributes_hash": None if target.row_hash is None else target.row_hash.hex(),
    }


def _cost(target: Chosen, fate: Fate, spec: CampaignSpec) -> float:
    """Add up what was booked: the contact when it went out, the incentive when redeemed."""
    if target.offer is None or target.arm != "treated":
        return 0.0
    offer = spec.offers[target.offer]
    contact = offer.contact_eur if target.state in _SENT else 0.0
    return contact + (offer.incentive_eur if fate.redeemed_at is not None else 0.0)
