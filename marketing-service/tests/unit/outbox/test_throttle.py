import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_service.outbox.throttle import TokenBucket


class Watch:
    """A monotonic clock that only moves when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    rate=st.floats(0.1, 1_000),
    pauses=st.lists(st.floats(0, 3), max_size=30),
    wanted=st.integers(1, 100),
)
def test_no_more_is_allowed_than_the_rate_and_one_second_of_burst(
    rate: float, pauses: list[float], wanted: int
) -> None:
    watch = Watch()
    bucket = TokenBucket(rate, watch)
    sent = 0
    for pause in pauses:
        watch.now += pause
        allowed = bucket.available(wanted)
        bucket.take(allowed)
        sent += allowed
    assert sent <= max(1.0, rate) + rate * watch.now + 1e-6


def test_a_slow_rate_gathers_one_message_after_the_other() -> None:
    watch = Watch()
    bucket = TokenBucket(0.5, watch)
    bucket.take(bucket.available(5))
    assert bucket.available(5) == 0
    assert bucket.wait_seconds(1) == pytest.approx(2.0)
    watch.now += 2.0
    assert bucket.available(5) == 1
    assert bucket.wait_seconds(1) == 0.0


def test_the_wait_is_for_as_many_as_wanted_but_never_more_than_the_burst() -> None:
    bucket = TokenBucket(10, Watch())
    bucket.take(10)
    assert bucket.wait_seconds(5) == pytest.approx(0.5)
    assert bucket.wait_seconds(500) == pytest.approx(1.0)


def test_no_rate_allows_everything_at_once() -> None:
    bucket = TokenBucket(None, Watch())
    bucket.take(1_000_000)
    assert bucket.available(16) == 16
    assert bucket.wait_seconds(16) == 0.0
    assert bucket.sensible_window(16) == 16


@pytest.mark.parametrize(("rate", "window"), [(0.2, 1), (5, 1), (50, 5), (500, 16)])
def test_a_window_gathers_at_most_a_tenth_of_a_second(rate: float, window: int) -> None:
    assert TokenBucket(rate, Watch()).sensible_window(16) == window


def test_another_rate_keeps_what_was_gathered_up_to_the_new_burst() -> None:
    bucket = TokenBucket(100, Watch())
    bucket.set_rate(10)
    assert bucket.available(100) == 10
    bucket.set_rate(100)
    assert bucket.available(100) == 10
