"""The life of one target, as a pure function from state and event to state.

The store moves many rows at once with SQL; this table is what that SQL must obey,
and the tests compare the two.
"""

from enum import StrEnum


class TargetState(StrEnum):
    """Where one target of a plan stands; every target is in exactly one."""

    QUEUED = "queued"
    LEASED = "leased"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    CONTROL = "control"
    HELD_OUT = "held_out"
    NOT_SELECTED = "not_selected"
    INELIGIBLE = "ineligible"
    SUPPRESSED = "suppressed"
    CAPPED = "capped"


class TargetEvent(StrEnum):
    """What can happen to a target after it was staged."""

    CLAIMED = "claimed"  # a worker took a lease
    RELEASED = "released"  # the lease ended and nothing was written
    MARKED = "marked"  # the durable mark before the first byte of DATA
    ACCEPTED = "accepted"  # the channel took the message over
    REFUSED_FOR_NOW = "refused_for_now"  # surely not sent; try later
    REFUSED = "refused"  # surely not sent; do not try again
    LOST_TRACK = "lost_track"  # the channel may or may not have it
    FOUND = "found"  # a look-up or a person says it was delivered
    REQUEUED = "requeued"  # a person or an authoritative look-up says: send it
    SUPPRESSED = "suppressed"  # the customer must not be written to
    CAPPED = "capped"  # the customer was written to too often
    CANCELLED = "cancelled"  # the campaign was cancelled


class TargetStateError(ValueError):
    """The event cannot happen to a target in this state."""

    def __init__(self, state: TargetState, event: TargetEvent) -> None:
        super().__init__(f"A target that is {state.value!r} cannot be {event.value!r}.")
        self.state = state
        self.event = event


_S, _E = TargetState, TargetEvent

_MOVES: dict[tuple[TargetState, TargetEvent], TargetState] = {
    (_S.QUEUED, _E.CLAIMED): _S.LEASED,
    (_S.QUEUED, _E.CANCELLED): _S.CANCELLED,
    (_S.DEFERRED, _E.CLAIMED): _S.LEASED,
    (_S.DEFERRED, _E.CANCELLED): _S.CANCELLED,
    (_S.LEASED, _E.RELEASED): _S.QUEUED,
    (_S.LEASED, _E.MARKED): _S.SENDING,
    (_S.LEASED, _E.SUPPRESSED): _S.SUPPRESSED,
    (_S.LEASED, _E.CAPPED): _S.CAPPED,
    (_S.LEASED, _E.CANCELLED): _S.CANCELLED,
    (_S.SENDING, _E.ACCEPTED): _S.SENT,
    (_S.SENDING, _E.REFUSED_FOR_NOW): _S.DEFERRED,
    (_S.SENDING, _E.REFUSED): _S.FAILED,
    (_S.SENDING, _E.LOST_TRACK): _S.UNKNOWN,
    # The sender of a settled row may still be alive and hear the channel's answer.
    (_S.UNKNOWN, _E.ACCEPTED): _S.SENT,
    (_S.UNKNOWN, _E.FOUND): _S.SENT,
    (_S.UNKNOWN, _E.REQUEUED): _S.QUEUED,
    (_S.FAILED, _E.REQUEUED): _S.QUEUED,
}

OPEN_STATES = frozenset({_S.QUEUED, _S.LEASED, _S.SENDING, _S.DEFERRED})
"""States in which the sender still has work to do."""


def next_state(state: TargetState, event: TargetEvent) -> TargetState:
    """Say where an event moves a target.

    Args:
        state: Where the target stands.
        event: What happened to it.

    Returns:
        The state after the event.

    Raises:
        TargetStateError: The event cannot happen in this state.
    """
    try:
        return _MOVES[state, event]
    except KeyError:
        raise TargetStateError(state, event) from None


def events_of(state: TargetState) -> tuple[TargetEvent, ...]:
    """List the events that can happen in a state; empty for a final one."""
    return tuple(event for origin, event in _MOVES if origin is state)


def states_before(event: TargetEvent) -> tuple[TargetState, ...]:
    """List the states in which an event can happen, in the order of the states."""
    origins = {origin for origin, moved in _MOVES if moved is event}
    return tuple(state for state in TargetState if state in origins)
