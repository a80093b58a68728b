"""The end of a campaign's sending: everything is settled, or it cannot go on."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from marketing_service.campaign import CampaignEvent
from marketing_service.errors import CampaignStateError
from marketing_service.outbox.states import OPEN_STATES
from marketing_service.store import campaigns
from marketing_service.store.claims import SendableCampaign
from marketing_service.store.engine import Database
from marketing_service.store.targets import count_targets

ACTOR: Final = "worker"
"""Who the audit says it was."""


class Ending:
    """Moves campaigns out of `running`."""

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    def finish(self, campaign: SendableCampaign) -> list[str]:
        """Finish a campaign when no target is open; return its name in a list, or none."""
        with self._database.read() as conn:
            if _event(conn, campaign) is None:
                return []
        return [campaign.slug] if self._move(campaign, None) else []

    def stop(self, campaign: SendableCampaign, reason: str) -> None:
        """Pause a campaign that cannot be sent, and say why."""
        self._move(campaign, reason)

    def _move(self, campaign: SendableCampaign, reason: str | None) -> bool:
        try:
            with self._database.write() as conn:
                event = CampaignEvent.BREAKER if reason else _event(conn, campaign)
                if event is None:
                    return False
                campaigns.move(
                    conn,
                    campaign.campaign_id,
                    event,
                    actor=ACTOR,
                    now_ms=self._clock(),
                    reason=reason,
                )
        except CampaignStateError:
            # A person or another worker was quicker.
            return False
        return True


def _event(conn: Connection, campaign: SendableCampaign) -> CampaignEvent | None:
    counts = count_targets(conn, campaign.plan_id)
    if any(counts.get(state) for state in OPEN_STATES):
        return None
    if counts.get("unknown"):
        return CampaignEvent.DRAINED_WITH_UNKNOWN
    return CampaignEvent.DRAINED
