import pytest

from marketing_service.outbox.silence import Silence


class Watch:
    """A monotonic clock that only moves when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def silence(watch: Watch) -> Silence:
    return Silence(watch)


def test_a_counter_that_stands_still_is_silent_since_it_was_first_seen(
    silence: Silence, watch: Watch
) -> None:
    for _ in range(3):
        silence.notice({1: 7}, [])
        watch.now += 2
    assert silence.lasting(6) == {1}
    assert silence.lasting(6.1) == set()


def test_a_counter_that_moves_is_never_silent(silence: Silence, watch: Watch) -> None:
    for beat in range(10):
        silence.notice({1: beat}, [])
        watch.now += 3
        assert silence.lasting(4) == set()


def test_the_silence_of_an_ended_life_begins_when_it_is_seen_to_be_over(
    silence: Silence, watch: Watch
) -> None:
    silence.notice({1: 7}, [])
    watch.now += 5
    silence.notice({}, [1])
    assert silence.lasting(1) == set()
    watch.now += 5
    silence.notice({}, [1])
    assert silence.lasting(5) == {1}


def test_a_life_that_left_nothing_behind_is_forgotten(silence: Silence, watch: Watch) -> None:
    silence.notice({1: 7}, [2])
    silence.notice({}, [])
    watch.now += 50
    assert silence.lasting(0) == set()
