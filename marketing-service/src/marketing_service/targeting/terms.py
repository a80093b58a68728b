"""The terms of a campaign: what its file says, as checked values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Policy = Literal["expected_profit", "risk_threshold", "random"]

POLICIES: tuple[Policy, ...] = ("expected_profit", "risk_threshold", "random")
DAYS_PER_MONTH = 30


@dataclass(frozen=True)
class SaveRate:
    """Share of leavers that an offer keeps, as a Beta distribution."""

    alpha: float = 6.0
    beta: float = 14.0

    @property
    def mean(self) -> float:
        """The expected share."""
        return self.alpha / (self.alpha + self.beta)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What may be given to a customer, and what that costs.

    Attributes:
        id: slug of the offer.
        channel: how it reaches the customer.
        contact_eur: price of one message.
        incentive_eur: price of one redemption.
        save_rate: assumed share of leavers that it keeps.
        accept_stayer: chance that somebody who stays anyhow redeems it.
        accept_leaver: chance that somebody who is about to leave redeems it.
    """

    id: str
    channel: str
    contact_eur: float
    incentive_eur: float
    save_rate: SaveRate
    accept_stayer: float
    accept_leaver: float


@dataclass(frozen=True, kw_only=True)
class ValueSpec:
    """What a customer is worth: margin on a monthly column, discounted."""

    margin_rate: float
    monthly_column: str
    discount_rate_per_year: float = 0.10
    monthly_survival: float = 1.0


@dataclass(frozen=True, kw_only=True)
class LimitsSpec:
    """What a campaign may spend and whom it must leave alone; None is no limit."""

    budget_eur: float | None = None
    max_contacts: int | None = None
    min_net_eur: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ControlSpec:
    """How many of the chosen customers are kept back to measure the effect."""

    campaign_share: float = 0.10
    require_power: bool = False


@dataclass(frozen=True, kw_only=True)
class ContactSpec:
    """Whom a campaign may write to at all."""

    require_consent: bool


@dataclass(frozen=True, kw_only=True)
class MessageSpec:
    """The mail of a campaign: templates of its parts, and its addresses."""

    subject: str
    text: str
    html: str | None
    sender: str
    reply_to: str | None


@dataclass(frozen=True, kw_only=True)
class MeasureSpec:
    """What counts as success, for how long it is watched, and how sure to be."""

    outcome: str
    window_days: int
    confidence: float


@dataclass(frozen=True, kw_only=True)
class SendSpec:
    """How fast messages go out; None is as fast as the messenger takes them."""

    max_per_second: float | None = None


@dataclass(frozen=True, kw_only=True)
class CampaignSpec:
    """A checked campaign file with every default filled in.

    Attributes:
        name: slug that names the campaign.
        seed_key: decides who is kept back; the name unless given.
        policy: how customers are chosen.
        threshold: churn probability of the policy `risk_threshold`.
        horizon_months: how far the campaign looks ahead.
        currency: ISO 4217 code of every amount.
        value: what a customer is worth.
        limits: budget and contacts.
        control: customers kept back.
        contact: who may be written to.
        offers: exactly one for now.
        message: what is sent.
        measure: how the result is judged.
        send: how fast.
    """

    name: str
    seed_key: str
    policy: Policy
    threshold: float | None
    horizon_months: int
    currency: str
    value: ValueSpec
    limits: LimitsSpec
    control: ControlSpec
    contact: ContactSpec
    offers: tuple[Offer, ...]
    message: MessageSpec
    measure: MeasureSpec
    send: SendSpec

    @property
    def offer(self) -> Offer:
        """The one offer of the campaign."""
        return self.offers[0]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed and yet deserves a second look, one sentence each."""
        limits, window = self.limits, self.measure.window_days
        horizon = DAYS_PER_MONTH * self.horizon_months
        different_times = (
            f"measure.window_days is {window}, the value horizon {horizon} days: "
            "promise and result speak of different times"
        )
        checks = (
            (
                self.control.campaign_share == 0,
                "control.campaign_share is 0: the effect cannot be measured",
            ),
            (
                limits.budget_eur is None and limits.max_contacts is None,
                "limits has neither budget_eur nor max_contacts: nothing bounds the spending",
            ),
            (
                limits.min_net_eur < 0,
                "limits.min_net_eur is negative: it has no effect, losses are never chosen",
            ),
            (window != horizon, different_times),
        )
        return tuple(text for holds, text in checks if holds)


def spec_to_json(spec: CampaignSpec) -> dict[str, object]:
    """Write a campaign as the JSON that reads back as the same campaign.

    Args:
        spec: the campaign.

    Returns:
        A JSON-ready object with the keys of a campaign file, defaults filled in and
        absent values left out: equal campaigns give equal objects.
    """
    document: dict[str, object] = {
        "name": spec.name,
        "seed_key": spec.seed_key,
        "policy": spec.policy,
        "threshold": spec.threshold,
        "horizon_months": spec.horizon_months,
        "currency": spec.currency,
        "offers": [_offer_to_json(offer) for offer in spec.offers],
        "message": _message_to_json(spec.message),
    }
    tables = ("value", "limits", "control", "contact", "measure", "send")
    document.update({name: _present(vars(getattr(spec, name))) for name in tables})
    return _present(document)


def _offer_to_json(offer: Offer) -> dict[str, object]:
    """Write an offer; its save rate is a table of its own."""
    return {**vars(offer), "save_rate": dict(vars(offer.save_rate))}


def _message_to_json(message: MessageSpec) -> dict[str, object]:
    """Write a message; `from` is no name that Python allows."""
    document = dict(vars(message))
    document["from"] = document.pop("sender")
    return _present(document)


def _present(document: Mapping[str, object]) -> dict[str, object]:
    """Leave out what is absent."""
    return {key: value for key, value in document.items() if value is not None}
