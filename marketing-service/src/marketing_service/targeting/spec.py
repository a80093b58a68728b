"""Parse a campaign file: a checked campaign, or every error in one run."""

import re
from collections.abc import Mapping
from typing import cast

from marketing_service.targeting.fields import (
    REQUIRED,
    CampaignFileError,
    Reader,
    SpecError,
    first,
    pattern,
)
from marketing_service.targeting.offers import MONEY_RULE, SHARE_RULE, SLUG, SLUG_RULE, read_offers
from marketing_service.targeting.terms import (
    DAYS_PER_MONTH,
    POLICIES,
    CampaignSpec,
    ContactSpec,
    ControlSpec,
    LimitsSpec,
    MeasureSpec,
    MessageSpec,
    Offer,
    Policy,
    SendSpec,
    ValueSpec,
    spec_to_json,
)
from marketing_service.targeting.toml_text import read_toml

__all__ = [
    "CampaignFileError",
    "CampaignSpec",
    "Offer",
    "SpecError",
    "parse_campaign",
    "parse_campaign_toml",
    "spec_to_json",
]

_CURRENCY = re.compile(r"[A-Z]{3}")
_ADDRESS = re.compile(r"[^@<>]*<[^@\s<>]+@[^@\s<>]+>|[^@\s<>]+@[^@\s<>]+")
_MOST_TEXT = 100_000
_CONFIDENCE = (0.5, 0.999)


def parse_campaign_toml(text: str | bytes) -> CampaignSpec:
    """Parse the text of a campaign file.

    Args:
        text: TOML, UTF-8.

    Returns:
        The checked campaign.

    Raises:
        CampaignFileError: it is no TOML, or values are wrong.
    """
    try:
        document = read_toml(text if isinstance(text, str) else text.decode())
    except ValueError as error:
        raise CampaignFileError([SpecError("", f"is not a TOML file: {error}")]) from error
    return parse_campaign(document)


def parse_campaign(data: Mapping[str, object]) -> CampaignSpec:
    """Check a parsed campaign file and fill in its defaults.

    Args:
        data: the file as tables, lists and values.

    Returns:
        The checked campaign.

    Raises:
        CampaignFileError: with every error of the file, not just the first.
    """
    errors: list[SpecError] = []
    top = Reader(data, "", errors)
    spec = _campaign(top)
    top.finish()
    if errors:
        raise CampaignFileError(errors)
    return spec


def _campaign(top: Reader) -> CampaignSpec:
    """Read the top of the file and every table below it."""
    name = pattern(top, "name", SLUG, SLUG_RULE) or "unnamed"
    policy = cast("Policy", top.choice("policy", POLICIES, default="expected_profit"))
    horizon = first(
        top.whole("horizon_months", "a whole number from 1 to 60", low=1, high=60, default=12),
        1,
    )
    return CampaignSpec(
        name=name,
        seed_key=first(top.line("seed_key", "text of 1 to 200 characters", default=name), name),
        policy=policy,
        threshold=_threshold(top, policy),
        horizon_months=horizon,
        currency=pattern(top, "currency", _CURRENCY, "three capitals such as EUR", default="EUR"),
        value=_value(top.sub("value", required=True)),
        limits=_limits(top.sub("limits")),
        control=_control(top.sub("control")),
        contact=_contact(top.sub("contact", required=True)),
        offers=read_offers(top),
        message=_message(top.sub("message", required=True)),
        measure=_measure(top.sub("measure"), horizon),
        send=_send(top.sub("send")),
    )


def _threshold(top: Reader, policy: str) -> float | None:
    """Read the threshold, which only one policy knows."""
    threshold = top.number("threshold", SHARE_RULE, low=0, high=1, default=None)
    if threshold is not None and policy != "risk_threshold":
        top.fail("threshold", f"belongs to policy risk_threshold (got policy {policy})")
    return threshold


def _value(reader: Reader) -> ValueSpec:
    """Read what a customer is worth."""
    spec = ValueSpec(
        margin_rate=first(reader.number("margin_rate", SHARE_RULE, low=0, high=1), 0.0),
        monthly_column=first(
            reader.line("monthly_column", "the name of a column with a monthly amount"), ""
        ),
        discount_rate_per_year=first(
            reader.number("discount_rate_per_year", SHARE_RULE, low=0, high=1, default=0.10), 0.0
        ),
        monthly_survival=first(
            reader.number(
                "monthly_survival", "a number above 0, at most 1", low=1e-9, high=1, default=1.0
            ),
            1.0,
        ),
    )
    reader.finish()
    return spec


def _limits(reader: Reader) -> LimitsSpec:
    """Read budget and contacts."""
    spec = LimitsSpec(
        budget_eur=reader.number("budget_eur", MONEY_RULE, low=0, default=None),
        max_contacts=reader.whole("max_contacts", "a whole number >= 0", low=0, default=None),
        min_net_eur=first(reader.number("min_net_eur", "a number", default=0.0), 0.0),
    )
    reader.finish()
    return spec


def _control(reader: Reader) -> ControlSpec:
    """Read who is kept back."""
    share = reader.number("campaign_share", "a number from 0 to 0.9", low=0, high=0.9, default=0.1)
    spec = ControlSpec(
        campaign_share=first(share, 0.0),
        require_power=reader.flag("require_power", default=False),
    )
    reader.finish()
    return spec


def _contact(reader: Reader) -> ContactSpec:
    """Read whom the campaign may write to."""
    rule = "false (consents are not kept yet, so say that the campaign goes out without them)"
    consent = reader.take("require_consent", rule, REQUIRED)
    if consent is not None and consent is not False:
        reader.wrong("require_consent", rule, consent)
    reader.finish()
    return ContactSpec(require_consent=False)


def _message(reader: Reader) -> MessageSpec:
    """Read the mail."""
    body = f"text of at most {_MOST_TEXT} characters"
    spec = MessageSpec(
        subject=first(reader.line("subject", "one line of text"), ""),
        text=first(reader.text("text", body, most=_MOST_TEXT), ""),
        html=reader.text("html", body, most=_MOST_TEXT, default=None),
        sender=_address(reader, "from", REQUIRED) or "",
        reply_to=_address(reader, "reply_to", None),
    )
    reader.finish()
    return spec


def _address(reader: Reader, key: str, default: object) -> str | None:
    """Read a mail address, with or without a name before it."""
    rule = "a mail address such as Shop <shop@example.com>"
    value = reader.line(key, rule, default=default)
    if value is not None and not _ADDRESS.fullmatch(value):
        reader.wrong(key, rule, value)
    return value


def _measure(reader: Reader, horizon_months: int) -> MeasureSpec:
    """Read how the result is judged."""
    low, high = _CONFIDENCE
    spec = MeasureSpec(
        outcome=reader.choice("outcome", ("churned",), default="churned"),
        window_days=first(
            reader.whole(
                "window_days",
                "a whole number from 1 to 1825",
                low=1,
                high=1825,
                default=DAYS_PER_MONTH * horizon_months,
            ),
            1,
        ),
        confidence=first(
            reader.number(
                "confidence", f"a number from {low} to {high}", low=low, high=high, default=0.95
            ),
            low,
        ),
    )
    reader.finish()
    return spec


def _send(reader: Reader) -> SendSpec:
    """Read how fast messages go out."""
    rate = reader.number("max_per_second", "a number above 0", low=1e-3, default=None)
    reader.finish()
    return SendSpec(max_per_second=rate)
