"""Compose the message of one target from its campaign and its customer."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from marketing_service.message.mime import Envelope, bare_address, build_mail
from marketing_service.message.template import MessageTemplate
from marketing_service.message.tokens import message_id


class Addressee(Protocol):
    """What a message needs to know of the target it is for."""

    @property
    def external_id(self) -> str:
        """The customer's id as the owner of the data writes it."""

    @property
    def public_id(self) -> bytes:
        """The customer's random number."""

    @property
    def email(self) -> str:
        """Where the mail goes."""

    @property
    def attrs(self) -> Mapping[str, Any]:
        """Fields by canonical name; empty ones count as undefined."""

    @property
    def offer(self) -> int | None:
        """Position of the chosen offer in the campaign file."""


class CampaignOfSpec(Protocol):
    """What a message needs to know of its campaign."""

    @property
    def campaign_id(self) -> int:
        """Its number, which goes into each Message-ID."""

    @property
    def slug(self) -> str:
        """Its name, shown as `campaign` to templates."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """The campaign file as data; `message` and `offers` are read."""


class Composer:
    """Makes the messages of campaigns.

    Args:
        token_key: Secret that makes Message-IDs unguessable.
        domain: The domain behind the @ of each Message-ID.
    """

    def __init__(self, token_key: bytes, domain: str) -> None:
        self._token_key = token_key
        self._domain = domain

    def compile(self, campaign: CampaignOfSpec) -> "CampaignMessage":
        """Compile a campaign's templates.

        Raises:
            MessageError: A template or address of the campaign is not usable.
        """
        return CampaignMessage(campaign, self._token_key, self._domain)


class CampaignMessage:
    """The message of one campaign, compiled once; `sender` is its envelope address."""

    def __init__(self, campaign: CampaignOfSpec, token_key: bytes, domain: str) -> None:
        message = campaign.spec["message"]
        self._campaign_no = campaign.campaign_id
        self._key, self._domain = token_key, domain
        self._shared = {"campaign": campaign.slug}
        self._offers: Sequence[Mapping[str, Any]] = [_filled(o) for o in campaign.spec["offers"]]
        self._from: str = message["from"]
        self._reply_to: str | None = message.get("reply_to") or None
        self.sender = bare_address("from", self._from)
        self._template = check_message(message)

    def message_id(self, public_id: bytes) -> str:
        """Tell the Message-ID of a customer in this campaign."""
        return message_id(self._key, self._campaign_no, public_id, self._domain)

    def mail(self, target: Addressee, sent_at: int) -> bytes:
        """Write the mail of one target; `sent_at` (milliseconds UTC) is its Date.

        Raises:
            MessageError: A variable is missing or a header is not allowed.
        """
        chosen = {} if target.offer is None else self._offers[target.offer]
        values = {
            **self._shared,
            "customer_id": target.external_id,
            "customer": _filled(target.attrs),
            "offer": chosen,
        }
        envelope = Envelope(
            message_id=self.message_id(target.public_id),
            sender=self._from,
            recipient=target.email,
            sent_at=sent_at,
            reply_to=self._reply_to,
        )
        return build_mail(envelope, self._template.render(values))


def check_message(message: Mapping[str, Any]) -> MessageTemplate:
    """Compile the `message` table of a campaign file and check its addresses.

    Raises:
        MessageError: Names the part that is not usable, and why.
    """
    for header in ("from", "reply_to"):
        if message.get(header):
            bare_address(header, message[header])
    return MessageTemplate(
        subject=message["subject"], text=message["text"], html=message.get("html") or None
    )


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    # None would be printed as "None"; left out, a template must say what to write instead.
    return {key: value for key, value in values.items() if value is not None}
