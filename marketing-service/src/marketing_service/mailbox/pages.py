"""The mailbox in a browser; every page works without JavaScript."""

from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from marketing_service.mailbox.filters import number_filter
from marketing_service.mailbox.ledger import Ledger, Mail
from marketing_service.mailbox.reading import read_mail

PAGE_ROWS: Final = 50
MAIL_POLICY: Final = (
    "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)
"""A mail's HTML may show itself and nothing else: no script, no form, no foreign request."""


class MailboxPages:
    """Inbox, one mail, its HTML alone, its source."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def blueprint(self) -> Blueprint:
        """Build the routes."""
        pages = Blueprint("mailbox", __name__, template_folder="templates", url_prefix="/mailbox")
        pages.add_app_template_filter(when, "when")
        pages.add_url_rule("", "inbox", self.inbox)
        pages.add_url_rule("/", "slash", lambda: redirect(url_for("mailbox.inbox")))
        pages.add_url_rule("/<int:number>", "mail", self.mail)
        pages.add_url_rule("/<int:number>/html", "html", self.html)
        pages.add_url_rule("/<int:number>/source", "source", self.source)
        return pages

    def inbox(self) -> str:
        """List mails, newest first, perhaps of one campaign or address."""
        campaign = number_filter("campaign")
        address = request.args.get("address", "").strip()
        before = number_filter("before")
        mails = self._ledger.page(
            campaign=campaign, address=address, before=before, limit=PAGE_ROWS + 1
        )
        return render_template(
            "mailbox/inbox.html",
            mails=mails[:PAGE_ROWS],
            older=mails[PAGE_ROWS - 1].id if len(mails) > PAGE_ROWS else None,
            counts=self._ledger.counts(),
            campaign=campaign,
            address=address,
            before=before,
        )

    def mail(self, number: int) -> str:
        """Show one mail with its headers and parts."""
        mail, raw = self._found(number)
        return render_template("mailbox/mail.html", mail=mail, reading=read_mail(raw))

    def html(self, number: int) -> Response:
        """Give the HTML part alone, locked up in a sandbox."""
        _, raw = self._found(number)
        html = read_mail(raw).html
        if html is None:
            abort(404)
        headers = {"Content-Security-Policy": MAIL_POLICY}
        return Response(html, content_type="text/html; charset=utf-8", headers=headers)

    def source(self, number: int) -> AnyResponse:
        """Give the mail as it came over the wire."""
        _, raw = self._found(number)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return Response(raw, content_type="text/plain; charset=utf-8", headers=headers)

    def _found(self, number: int) -> tuple[Mail, bytes]:
        found = self._ledger.mail(number) if number < 2**63 else None
        if found is None:
            abort(404)
        return found


def when(milliseconds: int) -> str:
    """Write an instant for people, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
