"""Misbehaviour that an address asks for, as `ann+slow5s@example.test` does."""

from enum import StrEnum


class Misbehaviour(StrEnum):
    """What the mailbox does to a mail for an address with this tag."""

    CLOSE = "421"  # says 421 and closes the connection
    REFUSE_ONCE = "450once"  # refuses the first try, as greylisting does
    REFUSE = "550"  # knows no such recipient
    SLOW = "slow5s"  # takes five seconds to answer a complete mail
    DROP_BEFORE_STORE = "drop-before-store"  # complete, not stored, no answer
    DROP_AFTER_DATA = "drop-after-data"  # complete, stored, no answer


def misbehaviour_of(address: str) -> Misbehaviour | None:
    """Read the tag behind the last plus of the local part; None without a known one."""
    local = address.rpartition("@")[0]
    tag = local.rpartition("+")[2].lower() if "+" in local else ""
    return next((known for known in Misbehaviour if known.value == tag), None)
