import pytest

from gateway_keys.errors import UsageError
from gateway_keys.record import KeyRecord, as_status, check_names

RECORD = KeyRecord(
    id="k_aaaaaaaaaa",
    group="k_aaaaaaaaaa",
    digest="d" * 64,
    name="batch",
    owner="ann",
    plan="standard",
    scopes=("predict", "models:read"),
    created_at=1,
    not_before=2,
    not_after=3,
    seq=4,
)


def test_the_gateway_reads_nine_fields_between_bars() -> None:
    expected = "k_aaaaaaaaaa|k_aaaaaaaaaa|standard|predict models:read|2|3|active|4|ann"
    assert RECORD.line() == expected


def test_the_digest_is_not_shown() -> None:
    assert "digest" not in RECORD.public()


@pytest.mark.parametrize("owner", ["", "Ann", "a|b", "a b", "-a", "a" * 65, "a\r\nX-Key-Id: k"])
def test_an_owner_that_could_break_a_header_is_refused(owner: str) -> None:
    with pytest.raises(UsageError, match="an owner has"):
        check_names("batch", owner)


@pytest.mark.parametrize("name", ["", "a" * 65, "a\nb", "ä"])
def test_a_name_that_could_break_a_list_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="a name has"):
        check_names(name, "ann")


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown status 'lost'"):
        as_status("lost")
