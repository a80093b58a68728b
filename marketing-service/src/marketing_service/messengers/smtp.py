"""Mail over SMTP, step by step, so that it is known where an attempt broke.

A message counts as sent from the server's answer to the last dot. Before the dot left,
a broken connection means "not sent"; after it, nobody can know (RFC 1047).
"""

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

from marketing_service.messengers.protocol import (
    ChannelHealth,
    Lookup,
    Message,
    SendResult,
    SendState,
)

MAILBOX_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost", "mailbox"})
_SERVICE_CLOSING: Final = 421
_NO_SMTPUTF8: Final = SendResult(
    SendState.FAILED, None, "The mail server cannot take addresses with such letters."
)
_TOO_LATE: Final = SendResult(
    SendState.DEFERRED, None, "The time for this attempt was over before the message was complete."
)
_NO_ANSWER: Final = SendResult(
    SendState.UNKNOWN, None, "The message was complete, but the server's answer never came."
)


class SmtpConfigError(ValueError):
    """The SMTP settings would send mail to a place that is not allowed yet."""


@dataclass(frozen=True, kw_only=True)
class SmtpOptions:
    """Where and how to speak SMTP; durations in seconds.

    Attributes:
        host: Name or address of the server.
        port: Its TCP port.
        hostname: The name this client greets with.
        connect_seconds: Limit for the connection and the greeting.
        command_seconds: Limit for each reply up to the last dot.
        reply_seconds: Limit for the reply to the last dot.
        per_connection: Messages after which the connection is renewed.
        allow_real: Allow servers other than the development mailbox.
    """

    host: str
    port: int
    hostname: str = "localhost"
    connect_seconds: float = 10.0
    command_seconds: float = 30.0
    reply_seconds: float = 120.0
    per_connection: int = 100
    allow_real: bool = False

    def __post_init__(self) -> None:
        if self.host not in MAILBOX_HOSTS and not self.allow_real:
            allowed = ", ".join(sorted(MAILBOX_HOSTS))
            raise SmtpConfigError(
                f"{self.host} may be a real mail server; until those are set up only the "
                f"development mailbox gets mail. Use one of {allowed}."
            )


class _ConnectionLostError(Exception):
    """The connection broke before the last dot: surely nothing was sent."""


class SmtpMessenger:
    """Sends over one kept connection; not to be shared between threads."""

    def __init__(
        self, options: SmtpOptions, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._options = options
        self._monotonic = monotonic
        self._smtp: smtplib.SMTP | None = None
        self._used = 0

    def check(self) -> ChannelHealth:
        """Connect when there is no connection, and ask the server for a sign of life."""
        try:
            smtp = self._connected()
            code, _ = smtp.noop()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return ChannelHealth(is_up=False, detail=self._why(error))
        return ChannelHealth(is_up=_is_good(code), detail=f"NOOP was answered with {code}.")

    def send(self, batch: Sequence[Message]) -> Sequence[SendResult]:
        """Send each message by its own transaction, in order.

        Once the channel is down, the rest is not tried: each try could take seconds.
        """
        results: list[SendResult] = []
        for message in batch:
            if results and results[-1].state is SendState.CHANNEL_DOWN:
                results.append(results[-1])
            else:
                results.append(self._send_one(message))
        return results

    def lookup(self, message_id: str) -> Lookup:
        """Tell that SMTP has no way to ask."""
        del message_id
        return Lookup.UNSUPPORTED

    def close(self) -> None:
        """Say goodbye and close the connection."""
        if self._smtp is not None:
            # A server that is gone already is what we want.
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._drop()

    def _send_one(self, message: Message) -> SendResult:
        if self._monotonic() >= message.not_after:
            return _TOO_LATE
        is_reused = self._smtp is not None
        try:
            return self._attempt(message)
        except _ConnectionLostError as error:
            if not is_reused:
                return SendResult(SendState.DEFERRED, None, str(error))
        # A kept connection may have been closed by the server while it idled.
        try:
            return self._attempt(message)
        except _ConnectionLostError as error:
            return SendResult(SendState.DEFERRED, None, str(error))

    def _attempt(self, message: Message) -> SendResult:
        try:
            smtp = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return SendResult(SendState.CHANNEL_DOWN, _code_of(error), self._why(error))
        try:
            refusal = self._open(smtp, message) or self._write(smtp, message)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise _ConnectionLostError(
                f"The connection broke before the message was complete ({type(error).__name__})."
            ) from error
        return refusal or self._finish(smtp)

    def _open(self, smtp: smtplib.SMTP, message: Message) -> SendResult | None:
        """Speak MAIL, RCPT and DATA; return a refusal, None when DATA may follow."""
        options = _mail_options(smtp, message)
        if options is None:
            return _NO_SMTPUTF8
        steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
            lambda: smtp.mail(message.sender, options),
            lambda: smtp.rcpt(message.recipient),
            lambda: smtp.docmd("DATA"),
        )
        for name, step in zip(("MAIL", "RCPT", "DATA"), steps, strict=True):
            self._limit(smtp, message)
            code, _ = step()
            if not (_is_good(code) or (name == "DATA" and code == 354)):
                return self._refused(smtp, name, code)
        return None

    def _write(self, smtp: smtplib.SMTP, message: Message) -> SendResult | None:
        """Write the content without its last dot; None when the dot may follow."""
        self._limit(smtp, message)
        smtp.send(dot_stuffed(message.content))
        if self._monotonic() < message.not_after:
            return None
        # Closing without the dot makes the server forget the message.
        self._drop()
        return _TOO_LATE

    def _finish(self, smtp: smtplib.SMTP) -> SendResult:
        """Send the last dot and hear the answer, which alone decides."""
        _socket(smtp).settimeout(self._options.reply_seconds)
        try:
            smtp.send(b".\r\n")
            code, _ = smtp.getreply()
        except (OSError, smtplib.SMTPException):
            self._drop()
            return _NO_ANSWER
        self._used += 1
        if _is_good(code):
            return SendResult(SendState.SENT, code)
        if code // 100 in {4, 5}:
            return self._refused(smtp, "the message", code)
        self._drop()
        return _NO_ANSWER

    def _refused(self, smtp: smtplib.SMTP, step: str, code: int) -> SendResult:
        """Judge a refusal by its code and clear the transaction for the next message."""
        self._reset(smtp, code)
        is_permanent = code // 100 == 5
        state = SendState.FAILED if is_permanent else SendState.DEFERRED
        return SendResult(state, code, f"The server answered {code} to {step}.")

    def _reset(self, smtp: smtplib.SMTP, code: int) -> None:
        if code // 100 not in {4, 5} or code == _SERVICE_CLOSING:
            self._drop()
            return
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None and self._used >= self._options.per_connection:
            self.close()
        if self._smtp is None:
            self._smtp = self._connect()
            self._used = 0
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        options = self._options
        smtp = smtplib.SMTP(
            options.host,
            options.port,
            # Given, because the default asks the name service and may hang for seconds.
            local_hostname=options.hostname,
            timeout=options.connect_seconds,
        )
        try:
            # The last dot is a packet of its own: it must not wait 40 ms for an ACK.
            _socket(smtp).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            smtp.ehlo_or_helo_if_needed()
            if smtp.has_extn("starttls") and options.allow_real:
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _limit(self, smtp: smtplib.SMTP, message: Message) -> None:
        """Let the next step wait no longer than the attempt as a whole may take."""
        left = max(0.001, message.not_after - self._monotonic())
        _socket(smtp).settimeout(min(self._options.command_seconds, left))

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _why(self, error: Exception) -> str:
        return (
            f"The mail server {self._options.host}:{self._options.port} "
            f"cannot be used ({type(error).__name__})."
        )


def dot_stuffed(content: bytes) -> bytes:
    """Double leading dots and end with a line end, so that only the last dot is missing."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _socket(smtp: smtplib.SMTP) -> socket.socket:
    # A connected client always has one.
    return cast("socket.socket", smtp.sock)


def _mail_options(smtp: smtplib.SMTP, message: Message) -> list[str] | None:
    """Choose the options of MAIL; None when the server cannot take the addresses."""
    if (message.sender + message.recipient).isascii():
        return []
    if not smtp.has_extn("smtputf8"):
        return None
    smtp.command_encoding = "utf-8"
    return ["SMTPUTF8", "BODY=8BITMIME"]


def _is_good(code: int) -> bool:
    return code // 100 == 2


def _code_of(error: Exception) -> int | None:
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
