import pytest

from gateway_keys.durations import as_utc, seconds_of
from gateway_keys.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("30m", 1_800), ("12h", 43_200), ("90d", 7_776_000)]
)
def test_a_length_of_time_is_read_in_seconds(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "0d", "-1d", "1w", "1.5h", "1 d"])
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="write 90d, 12h, 30m or 45s"):
        seconds_of(text)


def test_times_are_shown_in_utc() -> None:
    assert as_utc(1_800_000_000) == "2027-01-15T08:00:00Z"
    assert as_utc(0) == "never"
