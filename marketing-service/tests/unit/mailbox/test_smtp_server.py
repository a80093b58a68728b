"""The real SMTP server on a real socket, spoken to by the standard library."""

import smtplib
import socket
from collections.abc import Iterator

import pytest

from marketing_service.mailbox.ledger import Ledger
from marketing_service.mailbox.smtp_server import MailHandler, smtp_controller
from service_kit.logs import EventLog

MAIL = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <c12.abc@example.test>\r\n\r\nHi\r\n"


@pytest.fixture
def client(ledger: Ledger, log: EventLog) -> Iterator[smtplib.SMTP]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = smtp_controller(
        MailHandler(ledger, log, slow_seconds=0.01), host="127.0.0.1", port=port
    )
    controller.start()
    client = smtplib.SMTP("127.0.0.1", port, local_hostname="tests", timeout=5)
    yield client
    client.close()
    controller.stop()


def send(client: smtplib.SMTP, *to: str, mail: bytes = MAIL) -> None:
    client.sendmail("shop@example.test", list(to), mail)


def test_a_mail_is_stored_with_what_the_inbox_shows(client: smtplib.SMTP, ledger: Ledger) -> None:
    send(client, "Ann@example.test")
    (row,) = ledger.page()
    assert (row.message_id, row.campaign) == ("<c12.abc@example.test>", 12)
    assert (row.recipient, row.subject) == ("ann@example.test", "Grüße")
    assert ledger.mail(row.id) == (row, MAIL)


def test_each_recipient_gets_the_mail(client: smtplib.SMTP, ledger: Ledger) -> None:
    send(client, "ann@example.test", "bob@example.test")
    assert {row.recipient for row in ledger.page()} == {"ann@example.test", "bob@example.test"}


def test_a_mail_without_our_headers_is_kept_too(client: smtplib.SMTP, ledger: Ledger) -> None:
    send(client, "ann@example.test", mail=b"\r\nonly text\r\n")
    (row,) = ledger.page()
    assert (row.message_id, row.campaign, row.subject) == ("", None, "")


def test_an_unknown_recipient_is_refused(client: smtplib.SMTP, ledger: Ledger) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
        send(client, "ann+550@example.test")
    assert ledger.page() == []


def test_a_greylisted_recipient_is_refused_once(client: smtplib.SMTP, ledger: Ledger) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="450"):
        send(client, "ann+450once@example.test")
    send(client, "ann+450once@example.test")
    assert len(ledger.page()) == 1


def test_a_421_closes_the_connection(client: smtplib.SMTP) -> None:
    client.ehlo()
    client.mail("shop@example.test")
    assert client.rcpt("ann+421@example.test")[0] == 421
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.getreply()


def test_a_slow_recipient_answers_in_the_end(client: smtplib.SMTP, ledger: Ledger) -> None:
    send(client, "ann+slow5s@example.test")
    assert len(ledger.page()) == 1


@pytest.mark.parametrize(("tag", "stored"), [("drop-before-store", 0), ("drop-after-data", 1)])
def test_a_dropped_connection_leaves_the_sender_without_an_answer(
    client: smtplib.SMTP, ledger: Ledger, tag: str, stored: int
) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(client, f"ann+{tag}@example.test")
    assert len(ledger.page()) == stored


def test_addresses_with_foreign_letters_are_taken(client: smtplib.SMTP, ledger: Ledger) -> None:
    client.ehlo()
    assert client.has_extn("smtputf8")
    client.sendmail(
        "shop@example.test", ["zoë@example.test"], MAIL, mail_options=["SMTPUTF8", "BODY=8BITMIME"]
    )
    assert ledger.page()[0].recipient == "zoë@example.test"
