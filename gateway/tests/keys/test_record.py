from gateway_keys.record import KeyRecord

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


def test_a_change_carries_number_digest_and_record() -> None:
    assert RECORD.change() == (4, "d" * 64, RECORD.line())
