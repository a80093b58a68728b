"""The interface of every channel, as the sender sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one recipient, ready to be handed over.

    Attributes:
        message_id: Equal for every attempt at the same target.
        sender: Envelope address that gets bounces.
        recipient: Envelope address of the customer.
        content: The whole message with CRLF line ends.
        not_after: Monotonic seconds after which it must not be completed any more:
            others may by then have declared it lost.
    """

    message_id: str
    sender: str
    recipient: str
    content: bytes
    not_after: float


class SendState(StrEnum):
    """What became of a message, as far as the channel can know."""

    SENT = "sent"  # the channel took it over
    DEFERRED = "deferred"  # surely not sent; later may be better
    FAILED = "failed"  # surely not sent; the channel will never take it
    UNKNOWN = "unknown"  # completed, but the answer never came
    CHANNEL_DOWN = "channel_down"  # surely not sent; says nothing about the customer


@dataclass(frozen=True, slots=True)
class SendResult:
    """The state of one message, the channel's reply code and words without addresses."""

    state: SendState
    code: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """Whether a channel can take messages now, and if not, why."""

    is_up: bool
    detail: str = ""


class Lookup(StrEnum):
    """What a channel says about a message it may have got."""

    DELIVERED = "delivered"
    ABSENT = "absent"
    UNSUPPORTED = "unsupported"


class Messenger(Protocol):
    """Hand messages to one outside channel; say what became of each."""

    def check(self) -> ChannelHealth:
        """Try the channel without sending anything."""

    def send(self, batch: Sequence[Message]) -> Sequence[SendResult]:
        """Send messages in order; one result each, and no exception for a bad channel."""

    def lookup(self, message_id: str) -> Lookup:
        """Ask whether a message arrived."""

    def close(self) -> None:
        """Let go of connections; a later `send` opens new ones."""
