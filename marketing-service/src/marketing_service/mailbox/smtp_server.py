"""The SMTP side: store each mail durably before the 250, or misbehave as asked."""

import asyncio
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from marketing_service.mailbox.ledger import Ledger, NewMail
from marketing_service.mailbox.misbehaviour import Misbehaviour, misbehaviour_of
from service_kit.logs import EventLog

MAX_MAIL_BYTES: Final = 10 * 1024 * 1024
SLOW_SECONDS: Final = 5.0
_CAMPAIGN: Final = re.compile(r"<c(\d{1,18})\.")
_CLOSING: Final = "421 4.3.2 Closing, as this address asks for"
_NEVER_SENT: Final = "451 4.3.0 Connection dropped"


class MailHandler:
    """What aiosmtpd asks at each step of a transaction.

    Args:
        ledger: Where mails go.
        log: Gets one event per mail, without addresses.
        slow_seconds: How long the tag `slow5s` takes.
    """

    def __init__(
        self, ledger: Ledger, log: EventLog, *, slow_seconds: float = SLOW_SECONDS
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._slow_seconds = slow_seconds

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, or refuse it as its tag asks for."""
        tag = misbehaviour_of(address)
        if tag is Misbehaviour.CLOSE:
            # The answer must leave first.
            asyncio.get_running_loop().call_later(0.05, _abort, server)
            return _CLOSING
        if tag is Misbehaviour.REFUSE:
            return "550 5.1.1 No such recipient, as this address asks for"
        if tag is Misbehaviour.REFUSE_ONCE and self._ledger.is_first_try(address.lower()):
            return "450 4.7.1 Not the first time, as this address asks for"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Store a complete mail for each recipient, then answer."""
        tags = {misbehaviour_of(address) for address in envelope.rcpt_tos}
        if Misbehaviour.SLOW in tags:
            await asyncio.sleep(self._slow_seconds)
        if Misbehaviour.DROP_BEFORE_STORE in tags:
            _abort(server)
            return _NEVER_SENT
        for mail in received_mails(envelope):
            self._ledger.store(mail)
        self._log.event("mail.received", recipients=len(envelope.rcpt_tos))
        if Misbehaviour.DROP_AFTER_DATA in tags:
            _abort(server)
            return _NEVER_SENT
        return "250 2.0.0 Stored"


def received_mails(envelope: Envelope) -> list[NewMail]:
    """Read what the inbox shows from a complete transaction, one mail per recipient."""
    raw = envelope.content or b""
    content = raw if isinstance(raw, bytes) else raw.encode()
    parsed: EmailMessage = message_from_bytes(content, policy=policy.default)
    message_id = str(parsed.get("Message-ID", "")).strip()
    campaign = _CAMPAIGN.match(message_id)
    return [
        NewMail(
            message_id=message_id,
            campaign=int(campaign[1]) if campaign else None,
            sender=envelope.mail_from or "",
            recipient=recipient.lower(),
            subject=str(parsed.get("Subject", "")),
            raw=content,
        )
        for recipient in envelope.rcpt_tos
    ]


def smtp_controller(handler: MailHandler, *, host: str, port: int) -> Controller:
    """Prepare the SMTP server; `start` and `stop` run it in a thread of its own."""
    return Controller(
        handler,
        hostname=host,
        port=port,
        ready_timeout=10,
        data_size_limit=MAX_MAIL_BYTES,
        enable_SMTPUTF8=True,
        ident="mailbox",
    )


def _abort(server: SMTP) -> None:
    # Between two commands of a client there always is one, and it can be written to.
    cast("asyncio.WriteTransport", server.transport).abort()
