"""What became of a customer after a campaign."""

from typing import Literal

import msgspec

OutcomeKind = Literal["churned", "stayed", "redeemed", "revenue"]


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One observed fact about one customer; an element of `POST /v1/outcomes`.

    Attributes:
        customer_id: The id of the customer table.
        kind: What was observed.
        occurred_at: When it happened; RFC 3339 with a time zone.
        source_id: The sender's id of this fact; the same id counts once.
        value: Amount of money for redeemed and revenue; None otherwise.
        campaign: Name of the campaign it belongs to, when the sender knows it.
    """

    customer_id: str
    kind: OutcomeKind
    occurred_at: str
    source_id: str
    value: float | None = None
    campaign: str | None = None
