"""The life of a campaign: which event leads from which status to which. Pure."""

from enum import StrEnum
from typing import Final

from marketing_service.errors import CampaignStateError


class CampaignStatus(StrEnum):
    """Where a campaign is in its life."""

    DRAFT = "draft"
    PLANNING = "planning"
    PLANNED = "planned"
    SCHEDULED = "scheduled"
    HELD = "held"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FINISHED_WITH_UNKNOWN = "finished_with_unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class CampaignEvent(StrEnum):
    """What can happen to a campaign."""

    PLAN = "plan"
    PLAN_DONE = "plan_done"
    PLAN_FAILED = "plan_failed"
    EDIT = "edit"
    APPROVE = "approve"
    LAUNCH = "launch"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    DUE = "due"
    LATE = "late"
    PAUSE = "pause"
    BREAKER = "breaker"
    RESUME = "resume"
    DRAINED = "drained"
    DRAINED_WITH_UNKNOWN = "drained_with_unknown"
    UNKNOWN_SETTLED = "unknown_settled"
    EXPIRE = "expire"
    CANCEL = "cancel"


_S, _E = CampaignStatus, CampaignEvent
_MOVES: Final[dict[CampaignStatus, dict[CampaignEvent, CampaignStatus]]] = {
    _S.DRAFT: {_E.PLAN: _S.PLANNING, _E.EDIT: _S.DRAFT, _E.CANCEL: _S.CANCELLED},
    _S.PLANNING: {
        _E.PLAN_DONE: _S.PLANNED,
        _E.PLAN_FAILED: _S.DRAFT,
        _E.CANCEL: _S.CANCELLED,
    },
    _S.PLANNED: {
        _E.PLAN: _S.PLANNING,
        _E.EDIT: _S.DRAFT,
        _E.APPROVE: _S.PLANNED,
        _E.LAUNCH: _S.RUNNING,
        _E.SCHEDULE: _S.SCHEDULED,
        _E.CANCEL: _S.CANCELLED,
    },
    _S.SCHEDULED: {
        _E.DUE: _S.RUNNING,
        _E.LATE: _S.HELD,
        _E.UNSCHEDULE: _S.PLANNED,
        _E.CANCEL: _S.CANCELLED,
    },
    _S.HELD: {_E.LAUNCH: _S.RUNNING, _E.RESUME: _S.RUNNING, _E.CANCEL: _S.CANCELLED},
    _S.PAUSED: {_E.LAUNCH: _S.RUNNING, _E.RESUME: _S.RUNNING, _E.CANCEL: _S.CANCELLED},
    _S.RUNNING: {
        _E.PAUSE: _S.PAUSED,
        _E.BREAKER: _S.PAUSED,
        _E.DRAINED: _S.FINISHED,
        _E.DRAINED_WITH_UNKNOWN: _S.FINISHED_WITH_UNKNOWN,
        _E.CANCEL: _S.CANCELLED,
    },
    _S.FINISHED_WITH_UNKNOWN: {_E.UNKNOWN_SETTLED: _S.FINISHED},
    _S.FINISHED: {},
    _S.EXPIRED: {},
    _S.CANCELLED: {},
}

EDITABLE: Final = frozenset(
    status for status, moves in _MOVES.items() if CampaignEvent.EDIT in moves
)
"""Statuses in which the file may still be replaced."""

LIVE: Final = frozenset({_S.SCHEDULED, _S.HELD, _S.RUNNING, _S.PAUSED})
"""Statuses of a campaign on its way; each of them ends when the campaign expires."""


def next_status(status: CampaignStatus, event: CampaignEvent) -> CampaignStatus:
    """Return the status that follows.

    Raises:
        CampaignStateError: the event cannot happen now; the message lists what can.
    """
    if event is CampaignEvent.EXPIRE and status in LIVE:
        return CampaignStatus.EXPIRED
    try:
        return _MOVES[status][event]
    except KeyError:
        allowed = ", ".join(allowed_events(status)) or "nothing"
        raise CampaignStateError(
            f"A campaign that is {status} cannot take the step {event}; it allows {allowed}."
        ) from None


def allowed_events(status: CampaignStatus) -> tuple[CampaignEvent, ...]:
    """List the events that can happen to a campaign of this status."""
    expiry = (CampaignEvent.EXPIRE,) if status in LIVE else ()
    return (*_MOVES[status], *expiry)
