from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketing_service.message.errors import MessageError
from marketing_service.message.mime import Envelope, bare_address, build_mail, checked_address
from marketing_service.message.template import Rendered

CONTROLS = "\x00\x01\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x7f\x85\u2028\u2029"
header_texts = st.text(
    st.characters(exclude_characters=CONTROLS, exclude_categories=("Cs", "Cc")), max_size=120
).map(lambda text: " ".join(text.split()))
body_texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=500)


def envelope(**changes: object) -> Envelope:
    given: dict[str, object] = {
        "message_id": "<c1.abc@example.test>",
        "sender": "Shop <shop@example.test>",
        "recipient": "ann@example.test",
        "sent_at": 1_700_000_000_000,
    }
    return Envelope(**(given | changes))  # type: ignore[arg-type]  # tests hand in any change


def parsed(mail: bytes) -> EmailMessage:
    return message_from_bytes(mail, policy=policy.default)


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return bytes(body.get_payload(decode=True)).decode()


def normalised(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_mail_carries_its_headers_and_text() -> None:
    mail = parsed(build_mail(envelope(reply_to="help@example.test"), Rendered("Hi", "Text", None)))
    assert mail["From"] == "Shop <shop@example.test>"
    assert mail["To"] == "ann@example.test"
    assert mail["Reply-To"] == "help@example.test"
    assert mail["Subject"] == "Hi"
    assert mail["Message-ID"] == "<c1.abc@example.test>"
    assert mail["Date"] == "Tue, 14 Nov 2023 22:13:20 +0000"
    assert part(mail, "plain") == "Text"


@given(header_texts)
@example("=?utf-8?q?boo?=")
@example("Ünïcode-" * 12)
def test_any_subject_reads_back_as_it_was(subject: str) -> None:
    mail = parsed(build_mail(envelope(), Rendered(subject, "t", None)))
    assert " ".join(str(mail["Subject"]).split()) == subject


@given(body_texts, body_texts)
@example(".\n..\n.", "<p>--=_c1.abc</p>")
@example("trailing \t", "From x\n")
def test_any_text_and_html_read_back_as_they_were(text: str, html: str) -> None:
    raw = build_mail(envelope(), Rendered("s", text, html))
    mail = parsed(raw)
    assert mail.get_content_type() == "multipart/alternative"
    assert normalised(part(mail, "plain")) == normalised(text)
    assert normalised(part(mail, "html")) == normalised(html)


@given(body_texts)
def test_every_line_ends_with_crlf_and_fits_into_smtp(text: str) -> None:
    raw = build_mail(envelope(), Rendered("s", text, text))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii()


@pytest.mark.parametrize(
    "name",
    ["Ann's Shop", 'The "best" shop', "a\\b", "Shop, Inc.", "Kafé Zürich", "=?utf-8?q?x?=", ""],
)
def test_any_name_of_the_sender_reads_back_as_it_was(name: str) -> None:
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    sender = f"{quoted} <shop@example.test>"
    mail = parsed(build_mail(envelope(sender=sender), Rendered("s", "t", None)))
    (address,) = mail["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "shop@example.test")


@pytest.mark.parametrize("field", ["sender", "recipient", "reply_to", "message_id"])
@pytest.mark.parametrize("evil", ["\r\nBcc: eve@example.test", "\n", "\r", "\0", "\u2028", "\x85"])
def test_a_header_that_tries_to_smuggle_in_another_is_refused(field: str, evil: str) -> None:
    with pytest.raises(MessageError, match="line breaks and control characters"):
        build_mail(envelope(**{field: f"ann@example.test{evil}"}), Rendered("s", "t", None))


def test_a_subject_with_a_line_break_is_refused() -> None:
    with pytest.raises(MessageError, match="subject: line breaks"):
        build_mail(envelope(), Rendered("Hi\r\nBcc: eve@example.test", "t", None))


def test_a_header_that_is_too_long_is_refused() -> None:
    with pytest.raises(MessageError, match="subject: this is longer than 400 characters"):
        build_mail(envelope(), Rendered("x" * 401, "t", None))


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.test", "a b@example.test", "a@b, c@d", "<a@b>", "a@b>x", "a@@b"],
)
def test_what_is_no_single_address_is_refused(address: str) -> None:
    with pytest.raises(MessageError, match="to: this is no address"):
        checked_address("to", address)


def test_an_address_with_foreign_letters_is_kept_in_the_mail() -> None:
    mail = build_mail(envelope(recipient="zoë@example.test"), Rendered("s", "t", None))
    assert "To: zoë@example.test\r\n".encode() in mail


def test_the_bare_address_is_taken_out_of_a_sender() -> None:
    assert bare_address("from", "Shop <shop@example.test>") == "shop@example.test"
    with pytest.raises(MessageError, match="from: this is no address"):
        bare_address("from", "Shop")
