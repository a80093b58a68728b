import pytest

from marketing_service.http_limits import Breaker, BreakerOpenError, PolicyLimits, RetryBudget


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(PolicyLimits(), clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.admit()
        breaker.record(is_success=False)


def test_a_full_budget_allows_its_burst_and_no_more() -> None:
    budget = RetryBudget(burst=3, share=0.1)
    assert [budget.withdraw() for _ in range(4)] == [True, True, True, False]


def test_ten_first_attempts_pay_for_one_retry() -> None:
    budget = RetryBudget(burst=1, share=0.125)
    assert budget.withdraw()
    for _ in range(7):
        budget.deposit()
    assert not budget.withdraw()
    budget.deposit()
    assert budget.withdraw()


def test_the_budget_never_grows_beyond_its_burst() -> None:
    budget = RetryBudget(burst=1, share=1)
    for _ in range(5):
        budget.deposit()
    assert budget.withdraw()
    assert not budget.withdraw()


def test_nineteen_failures_leave_the_breaker_closed(breaker: Breaker) -> None:
    fail(breaker, 19)
    assert not breaker.is_open


def test_twenty_failures_open_the_breaker(breaker: Breaker) -> None:
    fail(breaker, 20)
    assert breaker.is_open
    with pytest.raises(BreakerOpenError, match=r"asked again in 5\.0 s"):
        breaker.admit()


def test_an_error_rate_below_half_leaves_the_breaker_closed(breaker: Breaker) -> None:
    for _ in range(40):
        breaker.record(is_success=True)
    fail(breaker, 39)
    assert not breaker.is_open


def test_failures_older_than_the_window_do_not_count(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 19)
    clock.now += 21
    fail(breaker, 1)
    assert not breaker.is_open


def test_after_the_rest_exactly_one_probe_passes(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += 5
    breaker.admit()
    with pytest.raises(BreakerOpenError, match="running probe"):
        breaker.admit()


def test_a_good_probe_closes_the_breaker(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += 5
    breaker.admit()
    breaker.record(is_success=True)
    assert not breaker.is_open
    breaker.admit()


def test_a_bad_probe_keeps_the_upstream_at_rest(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += 5
    breaker.admit()
    breaker.record(is_success=False)
    with pytest.raises(BreakerOpenError):
        breaker.admit()
