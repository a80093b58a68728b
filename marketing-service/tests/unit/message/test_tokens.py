import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_service.message.tokens import make_token, message_id, read_token

KEY = b"k" * 32
public_ids = st.binary(min_size=8, max_size=8)


@given(public_ids, st.integers(1, 2**40))
def test_a_token_reads_back_to_its_public_id(public_id: bytes, campaign_no: int) -> None:
    token = make_token(KEY, "msgid", campaign_no, public_id)
    assert re.fullmatch(r"[a-z2-7]{32}", token)
    assert read_token(KEY, "msgid", campaign_no, token) == public_id


@given(public_ids)
def test_a_token_is_worthless_for_another_purpose_campaign_or_key(public_id: bytes) -> None:
    token = make_token(KEY, "msgid", 1, public_id)
    assert read_token(KEY, "unsubscribe", 1, token) is None
    assert read_token(KEY, "msgid", 2, token) is None
    assert read_token(b"x" * 32, "msgid", 1, token) is None


@given(st.text(max_size=40))
def test_any_other_text_is_no_token(text: str) -> None:
    assert read_token(KEY, "msgid", 1, text) is None


def test_a_public_id_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bytes, this one 3"):
        make_token(KEY, "msgid", 1, b"abc")


def test_the_message_id_of_a_target_never_changes() -> None:
    first = message_id(KEY, 7, b"12345678", "example.test")
    assert first == message_id(KEY, 7, b"12345678", "example.test")
    assert re.fullmatch(r"<c7\.[a-z2-7]{32}@example\.test>", first)
    assert first != message_id(KEY, 8, b"12345678", "example.test")
