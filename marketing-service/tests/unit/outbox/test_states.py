from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_service.outbox.states import (
    OPEN_STATES,
    TargetEvent,
    TargetState,
    TargetStateError,
    events_of,
    next_state,
    states_before,
)

S, E = TargetState, TargetEvent
FINAL = set(S) - OPEN_STATES - {S.UNKNOWN, S.FAILED}
FROM_THE_PLAN = {S.CONTROL, S.HELD_OUT, S.NOT_SELECTED, S.INELIGIBLE}


def walk(state: TargetState, events: list[TargetEvent]) -> list[TargetState]:
    """Follow the events that are possible, skip the others."""
    path = [state]
    for event in events:
        if event in events_of(path[-1]):
            path.append(next_state(path[-1], event))
    return path


@given(st.sampled_from(S), st.sampled_from(E))
def test_an_event_moves_to_a_state_or_is_refused_with_both_names(
    state: TargetState, event: TargetEvent
) -> None:
    if event in events_of(state):
        assert next_state(state, event) in set(S)
    else:
        with pytest.raises(TargetStateError, match=f"{state.value}.*{event.value}") as caught:
            next_state(state, event)
        assert (caught.value.state, caught.value.event) == (state, event)


@given(st.lists(st.sampled_from(E), max_size=40))
def test_nothing_is_sent_without_the_durable_mark(events: list[TargetEvent]) -> None:
    path = walk(S.QUEUED, events)
    for before, after in pairwise(path):
        if after is S.SENT:
            assert before in {S.SENDING, S.UNKNOWN}
        if after is S.SENDING:
            assert before is S.LEASED


@given(st.lists(st.sampled_from(E), max_size=40))
def test_what_was_sent_stays_sent(events: list[TargetEvent]) -> None:
    path = walk(S.QUEUED, events)
    if S.SENT in path:
        assert set(path[path.index(S.SENT) :]) == {S.SENT}


@given(st.lists(st.sampled_from(E).filter(lambda event: event is not E.REQUEUED), max_size=40))
def test_unknown_never_leads_to_a_second_message_by_itself(events: list[TargetEvent]) -> None:
    path = walk(S.QUEUED, events)
    if S.UNKNOWN in path:
        assert set(path[path.index(S.UNKNOWN) :]) <= {S.UNKNOWN, S.SENT}


@pytest.mark.parametrize("state", sorted(FINAL))
def test_final_states_have_no_way_out(state: TargetState) -> None:
    assert events_of(state) == ()


@pytest.mark.parametrize("state", sorted(FROM_THE_PLAN))
def test_nobody_kept_back_by_the_plan_can_ever_be_written_to(state: TargetState) -> None:
    assert state in FINAL


@pytest.mark.parametrize("state", sorted(OPEN_STATES | {S.UNKNOWN}))
def test_every_open_state_can_reach_a_final_one(state: TargetState) -> None:
    reached, todo = set(), [state]
    while todo:
        here = todo.pop()
        if here not in reached:
            reached.add(here)
            todo += [next_state(here, event) for event in events_of(here)]
    assert reached & FINAL


def test_the_states_before_an_event_are_listed_in_order() -> None:
    assert states_before(E.CLAIMED) == (S.QUEUED, S.DEFERRED)
    assert states_before(E.ACCEPTED) == (S.SENDING, S.UNKNOWN)
