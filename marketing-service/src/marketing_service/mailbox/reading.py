"""Read one mail for people: its headers in order, and its text and HTML parts."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple


class Reading(NamedTuple):
    """A mail as a person reads it; absent parts are None."""

    headers: tuple[tuple[str, str], ...]
    text: str | None
    html: str | None


def read_mail(raw: bytes) -> Reading:
    """Parse the bytes of a mail; broken ones give what can be read."""
    mail: EmailMessage = message_from_bytes(raw, policy=policy.default)
    return Reading(
        headers=tuple((name, str(value)) for name, value in mail.items()),
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
    )


def _part(mail: EmailMessage, subtype: str) -> str | None:
    body = mail.get_body(preferencelist=(subtype,))
    if body is None:
        return None
    payload = body.get_payload(decode=True)
    charset = body.get_content_charset("utf-8")
    try:
        return bytes(payload or b"").decode(charset, "replace")
    except LookupError:
        return bytes(payload or b"").decode("utf-8", "replace")
