from pathlib import Path

import pytest
from flask.testing import FlaskClient

from marketing_service.mailbox.app import create_app
from marketing_service.mailbox.ledger import Ledger, NewMail
from service_kit.logs import EventLog

HTML_MAIL = (
    b"Subject: <b>Hi</b>\r\nX-Odd: <script>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b'--b\r\nContent-Type: text/plain; charset="utf-8"\r\n\r\nplain <text>\r\n'
    b'--b\r\nContent-Type: text/html; charset="utf-8"\r\n\r\n<h1>Big</h1><script>1</script>\r\n'
    b"--b--\r\n"
)


def store(ledger: Ledger, number: int = 1, raw: bytes = HTML_MAIL, campaign: int | None = 3) -> int:
    to = f"ann{number}@example.test"
    return ledger.store(NewMail(f"<m{number}>", campaign, "shop@a", to, f"<b>No {number}", raw))


def test_an_empty_inbox_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/mailbox")
    assert page.status_code == 200
    assert "No mail yet. Launch a campaign" in page.text


def test_the_inbox_lists_mails_with_links_and_escapes_them(
    client: FlaskClient, ledger: Ledger
) -> None:
    number = store(ledger)
    page = client.get("/mailbox").text
    assert f'href="/mailbox/{number}"' in page
    assert "&lt;b&gt;No 1" in page
    assert "ann1@example.test" in page
    assert "2023-11-14 22:13:20" in page
    assert "<script" not in page


def test_the_inbox_is_searched_by_campaign_and_address(client: FlaskClient, ledger: Ledger) -> None:
    store(ledger, 1, campaign=3)
    store(ledger, 2, campaign=4)
    store(ledger, 3, campaign=None)
    assert "ann1@" in client.get("/mailbox?campaign=3&address=").text
    assert "ann2@" not in client.get("/mailbox?campaign=3").text
    assert "ann3@" in client.get("/mailbox?campaign=&address=ann3").text
    assert "No mail matches" in client.get("/mailbox?address=nobody").text
    assert client.get("/mailbox?campaign=x&before=y").status_code == 200


def test_the_inbox_goes_back_page_by_page(tmp_path: Path, log: EventLog) -> None:
    ledger = Ledger(tmp_path / "many.sqlite", clock=lambda: 0)
    client = create_app(ledger, log, smtp_port=1).test_client()
    for number in range(1, 61):
        store(ledger, number)
    newest = client.get("/mailbox?address=ann").text
    assert "ann11@" in newest
    assert "ann10@" not in newest
    assert 'href="/mailbox?address=ann&amp;before=11">Older mails' in newest
    older = client.get("/mailbox?address=ann&before=11").text
    assert "ann10@" in older
    assert "Newest mails" in older
    assert "Older mails" not in older


def test_a_repeated_message_is_shouted_out(client: FlaskClient, ledger: Ledger) -> None:
    store(ledger)
    store(ledger)
    assert "1 message of campaign 3 arrived more than once." in client.get("/mailbox").text


def test_a_mail_shows_its_parts_and_headers_escaped(client: FlaskClient, ledger: Ledger) -> None:
    number = store(ledger)
    page = client.get(f"/mailbox/{number}").text
    assert "plain &lt;text&gt;" in page
    assert "&lt;script&gt;" in page
    assert f'<iframe sandbox src="/mailbox/{number}/html"' in page
    assert "<script" not in page


def test_the_html_of_a_mail_is_locked_up(client: FlaskClient, ledger: Ledger) -> None:
    answer = client.get(f"/mailbox/{store(ledger)}/html")
    assert "<h1>Big</h1>" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    assert "allow-" not in policy


def test_a_mail_without_html_has_no_html_page(client: FlaskClient, ledger: Ledger) -> None:
    number = store(ledger, raw=b"Subject: s\r\n\r\ntext\r\n")
    assert "iframe" not in client.get(f"/mailbox/{number}").text
    assert client.get(f"/mailbox/{number}/html").status_code == 404


def test_the_source_is_shown_as_text(client: FlaskClient, ledger: Ledger) -> None:
    answer = client.get(f"/mailbox/{store(ledger)}/source")
    assert answer.data == HTML_MAIL
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("number", ["99", "9" * 30])
def test_a_mail_that_is_not_there_is_an_error_page(client: FlaskClient, number: str) -> None:
    answer = client.get(f"/mailbox/{number}")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


def test_a_slash_too_many_leads_to_the_inbox(client: FlaskClient) -> None:
    assert client.get("/mailbox/").headers["Location"] == "/mailbox"


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset"])
def test_a_broken_mail_still_shows_what_can_be_read(
    client: FlaskClient, ledger: Ledger, charset: str
) -> None:
    raw = f'Content-Type: text/plain; charset="{charset}"\r\n\r\nabc'.encode() + b"\xff\r\n"
    assert "abc" in client.get(f"/mailbox/{store(ledger, raw=raw)}").text


def test_a_mail_without_any_readable_part_shows_its_headers(
    client: FlaskClient, ledger: Ledger
) -> None:
    raw = b"X-Only: header\r\nContent-Type: image/png\r\n\r\nxx"
    page = client.get(f"/mailbox/{store(ledger, raw=raw)}").text
    assert "X-Only" in page
    assert "As text" not in page


def test_pages_carry_the_strict_policy_and_no_foreign_address(
    client: FlaskClient, ledger: Ledger
) -> None:
    store(ledger)
    answer = client.get("/mailbox")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "http://" not in answer.text
    assert "https://" not in answer.text


@pytest.mark.parametrize("query", ["campaign", "before"])
@pytest.mark.parametrize("number", ["9" * 20, "-" + "9" * 20])
def test_a_number_that_nothing_has_is_an_error_page(
    client: FlaskClient, query: str, number: str
) -> None:
    answer = client.get(f"/mailbox?{query}={number}")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
