from marketing_service.outbox.retries import retry_delay_ms

MINUTE = 60_000


def test_the_first_retries_follow_soon_and_later_ones_every_four_hours() -> None:
    delays = [retry_delay_ms(attempt) for attempt in range(1, 7)]
    assert delays == [minutes * MINUTE for minutes in (1, 5, 15, 60, 240, 240)]


def test_trying_ends_before_72_hours_of_waiting_are_passed() -> None:
    waits = []
    while (delay := retry_delay_ms(len(waits) + 1)) is not None:
        waits.append(delay)
    assert 68 * 60 * MINUTE < sum(waits) <= 72 * 60 * MINUTE
