"""Read the offers of a campaign file."""

import re
from collections.abc import Mapping, Sequence

from marketing_service.targeting.fields import REQUIRED, Reader, first, pattern, shown
from marketing_service.targeting.terms import Offer, SaveRate

SLUG = re.compile(r"[a-z0-9-]{1,64}")
SLUG_RULE = "1 to 64 of a-z, 0-9 and -"
SHARE_RULE = "a number from 0 to 1"
MONEY_RULE = "a number >= 0"

_RESERVED = ("none", "control", "holdout", "explore")
_SAVE_RATE_WEIGHT = 20


def read_offers(top: Reader) -> tuple[Offer, ...]:
    """Read the one offer of a campaign.

    Args:
        top: the campaign file; every error is noted there.

    Returns:
        The offers, as far as they could be read.
    """
    tables = top.take("offers", "one [[offers]] table", REQUIRED)
    if tables is None:
        return ()
    if not isinstance(tables, Sequence) or isinstance(tables, str):
        top.wrong("offers", "a list with one [[offers]] table", tables)
        return ()
    if len(tables) != 1:
        top.fail("offers", f"must hold exactly one offer for now (got {len(tables)})")
    return tuple(_offer(top, index, table) for index, table in enumerate(tables))


def _offer(top: Reader, index: int, table: object) -> Offer:
    """Read one offer."""
    path = f"offers[{index}]"
    if not isinstance(table, Mapping):
        top.wrong(path, "a table", table)
        table = {}
    reader = Reader(table, path, top.errors if table else [])
    offer_id = pattern(reader, "id", SLUG, SLUG_RULE)
    if offer_id in _RESERVED:
        reader.fail("id", f"is a reserved word (got {shown(offer_id)})")
    offer = Offer(
        id=offer_id,
        channel=reader.choice("channel", ("email",), default="email"),
        contact_eur=first(reader.number("contact_eur", MONEY_RULE, low=0), 0.0),
        incentive_eur=first(reader.number("incentive_eur", MONEY_RULE, low=0, default=0.0), 0.0),
        save_rate=_save_rate(reader),
        accept_stayer=_share(reader, "accept_stayer"),
        accept_leaver=_share(reader, "accept_leaver"),
    )
    reader.finish()
    return offer


def _share(reader: Reader, key: str) -> float:
    """Read a chance to redeem; everybody does unless the file knows better."""
    return first(reader.number(key, SHARE_RULE, low=0, high=1, default=1.0), 1.0)


def _save_rate(reader: Reader) -> SaveRate:
    """Read a save rate: a mean, or both parameters of a Beta distribution."""
    rule = "a mean above 0 and below 1, or { alpha = .., beta = .. }"
    if isinstance(reader.table.get("save_rate"), Mapping):
        table = reader.sub("save_rate")
        alpha = table.number("alpha", "a number above 0", low=1e-6)
        beta = table.number("beta", "a number above 0", low=1e-6)
        table.finish()
        return SaveRate(first(alpha, 1.0), first(beta, 1.0))
    mean = reader.number("save_rate", rule, low=1e-6, high=1 - 1e-6, default=None)
    if mean is None:
        return SaveRate()
    return SaveRate(_SAVE_RATE_WEIGHT * mean, _SAVE_RATE_WEIGHT * (1 - mean))
