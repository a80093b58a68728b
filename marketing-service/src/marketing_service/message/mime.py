"""MIME: the bytes of one mail from its parts, built by hand because it is ten times faster.

A test compares the result with the standard library's own parser for hostile names.
"""

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, parseaddr
from typing import Final

from marketing_service.message.errors import MessageError
from marketing_service.message.template import Rendered

MAX_HEADER_CHARACTERS: Final = 400
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_ATOM_TEXT: Final = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_ADDRESS: Final = re.compile(r"[^\s<>(),:;\"\\@\[\]]{1,64}@[^\s<>(),:;\"\\@\[\]]{1,255}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The headers that identify one mail.

    `sender` and `reply_to` may carry a name, as `Shop <shop@example.test>`; `recipient`
    is a bare address; `sent_at` is in milliseconds UTC.
    """

    message_id: str
    sender: str
    recipient: str
    sent_at: int
    reply_to: str | None = None


def build_mail(envelope: Envelope, rendered: Rendered) -> bytes:
    """Write the whole mail with CRLF line ends.

    Raises:
        MessageError: A header holds a line break or control character, is too long, or
            an address is none.
    """
    lines = [
        _header("From", _mailbox("from", envelope.sender)),
        _header("To", checked_address("to", envelope.recipient)),
        _header("Subject", _encoded("subject", rendered.subject, "Subject")),
        _header("Date", format_datetime(datetime.fromtimestamp(envelope.sent_at // 1000, UTC))),
        _header("Message-ID", _clean("message-id", envelope.message_id)),
        _header("MIME-Version", "1.0"),
    ]
    if envelope.reply_to:
        lines.insert(1, _header("Reply-To", _mailbox("reply_to", envelope.reply_to)))
    return "".join(lines).encode() + _body(envelope.message_id, rendered)


def checked_address(part: str, address: str) -> str:
    """Return a bare address.

    Raises:
        MessageError: It is none, or could smuggle in another header or recipient.
    """
    if not _ADDRESS.fullmatch(_clean(part, address)):
        raise MessageError(part, "this is no address of the form name@domain.")
    return address


def bare_address(part: str, text: str) -> str:
    """Return the address of a text such as `Shop <shop@example.test>`.

    Raises:
        MessageError: It holds no address.
    """
    return checked_address(part, parseaddr(_clean(part, text))[1])


def _body(message_id: str, rendered: Rendered) -> bytes:
    text = _part("plain", rendered.text)
    if rendered.html is None:
        return text
    # Quoted-printable never leaves "=_" standing, so no part can contain the boundary.
    boundary = f"=_{message_id.strip('<>').partition('@')[0]}"
    head = _header("Content-Type", f'multipart/alternative; boundary="{boundary}"') + "\r\n"
    line = f"--{boundary}\r\n".encode()
    parts = (line, text, b"\r\n", line, _part("html", rendered.html), b"\r\n")
    return head.encode() + b"".join(parts) + f"--{boundary}--\r\n".encode()


def _part(subtype: str, text: str) -> bytes:
    lines = text.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    encoded = binascii.b2a_qp(lines, istext=True, quotetabs=False).replace(b"\n", b"\r\n")
    head = (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode() + encoded


def _mailbox(part: str, text: str) -> str:
    name = parseaddr(_clean(part, text))[0]
    address = bare_address(part, text)
    if not name:
        return address
    if _ATOM_TEXT.fullmatch(name) and "=?" not in name:
        return f"{name} <{address}>"
    if name.isascii() and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_encoded(part, name, 'Reply-To')} <{address}>"


def _encoded(part: str, value: str, name: str) -> str:
    """Encode a header text; "=?" would be read as an encoded word, so it is one then."""
    clean = _clean(part, value)
    if clean.isascii() and "=?" not in clean and len(clean) <= 60:
        return clean
    return Header(clean, "utf-8", header_name=name).encode(linesep="\r\n")


def _clean(part: str, value: str) -> str:
    if _CONTROL.search(value):
        raise MessageError(part, "line breaks and control characters are not allowed here.")
    if len(value) > MAX_HEADER_CHARACTERS:
        raise MessageError(part, f"this is longer than {MAX_HEADER_CHARACTERS} characters.")
    return value


def _header(name: str, value: str) -> str:
    return f"{name}: {value}\r\n"
