import pytest

from marketing_service.mailbox.misbehaviour import Misbehaviour, misbehaviour_of


@pytest.mark.parametrize("tag", list(Misbehaviour))
def test_a_tag_behind_the_plus_asks_for_misbehaviour(tag: Misbehaviour) -> None:
    assert misbehaviour_of(f"ann+{tag.value}@example.test") is tag
    assert misbehaviour_of(f"ann+x+{tag.value.upper()}@example.test") is tag


@pytest.mark.parametrize("address", ["ann@example.test", "550@example.test", "ann+news@a", "", "+"])
def test_any_other_address_is_served_well(address: str) -> None:
    assert misbehaviour_of(address) is None
