"""One window: compose the marked targets' messages, send them, judge the results."""

from collections.abc import Callable, Sequence
from typing import Protocol

from marketing_service.message.errors import MessageError
from marketing_service.messengers.protocol import Message, Messenger, SendResult, SendState
from marketing_service.outbox.retries import retry_delay_ms
from marketing_service.store.claims import MarkedTarget, Outcome

_CHANNEL_RETRY_MS = 5_000


class MessageSource(Protocol):
    """What the sender needs of a campaign's message."""

    sender: str

    def message_id(self, public_id: bytes) -> str:
        """Tell the Message-ID of a customer."""

    def mail(self, target: MarkedTarget, sent_at: int) -> bytes:
        """Write the mail of a marked target; raises MessageError."""


class WindowSender:
    """Sends marked targets and says what became of each.

    Args:
        messenger: The channel.
        clock: Milliseconds UTC.
    """

    def __init__(self, messenger: Messenger, *, clock: Callable[[], int]) -> None:
        self._messenger = messenger
        self._clock = clock

    def send(
        self, source: MessageSource, targets: Sequence[MarkedTarget], *, not_after: float
    ) -> list[Outcome]:
        """Send the messages of a window.

        Args:
            source: The campaign's message.
            targets: Marked targets; the marks are committed.
            not_after: Monotonic seconds after which no message may be completed.

        Returns:
            One outcome for every target, whatever happened.
        """
        outcomes, messages, sendable = [], [], []
        for target in targets:
            try:
                messages.append(self._compose(source, target, not_after))
                sendable.append(target)
            except MessageError as error:
                failed = SendResult(SendState.FAILED, None, str(error))
                outcomes.append(self._judge(target, failed))
        results = self._hand_over(messages)
        return outcomes + [
            self._judge(target, result) for target, result in zip(sendable, results, strict=True)
        ]

    def _compose(self, source: MessageSource, target: MarkedTarget, not_after: float) -> Message:
        return Message(
            message_id=source.message_id(target.public_id),
            sender=source.sender,
            recipient=target.email,
            content=source.mail(target, self._clock()),
            not_after=not_after,
        )

    def _hand_over(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        if not messages:
            return []
        try:
            return self._messenger.send(messages)
        except Exception as error:  # noqa: BLE001 - a defect of a channel must not resend
            detail = f"The channel failed in the middle of a window ({type(error).__name__})."
            return [SendResult(SendState.UNKNOWN, None, detail)] * len(messages)

    def _judge(self, target: MarkedTarget, result: SendResult) -> Outcome:
        outcome = Outcome(
            customer_id=target.customer_id,
            attempt=target.attempt,
            state=result.state.value,
            code=result.code,
            detail=result.detail,
        )
        now = self._clock()
        if result.state is SendState.SENT:
            return outcome._replace(sent_at=now)
        if result.state is SendState.CHANNEL_DOWN:
            return outcome._replace(
                state=SendState.DEFERRED.value, charged=False, next_at=now + _CHANNEL_RETRY_MS
            )
        if result.state is SendState.DEFERRED:
            return _deferred(outcome, now)
        return outcome


def _deferred(outcome: Outcome, now: int) -> Outcome:
    delay = retry_delay_ms(outcome.attempt)
    if delay is not None:
        return outcome._replace(next_at=now + delay)
    detail = f"Given up after {outcome.attempt} attempts: {outcome.detail}"
    return outcome._replace(state=SendState.FAILED.value, detail=detail)
