"""The mailbox for programs: is a message here, how many are."""

from flask import Blueprint, Response, jsonify, request

from marketing_service.mailbox.filters import number_filter
from marketing_service.mailbox.ledger import Ledger


class MailboxApi:
    """Look-up by Message-ID, list and count."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def blueprint(self) -> Blueprint:
        """Build the routes."""
        api = Blueprint("mailbox_api", __name__, url_prefix="/mailbox/api")
        api.add_url_rule("/messages", "messages", self.messages)
        api.add_url_rule("/count", "count", self.count)
        return api

    def messages(self) -> Response:
        """Answer for one Message-ID, or list the newest mails with filters."""
        message_id = request.args.get("message_id")
        if message_id is not None:
            return self._look_up(message_id)
        mails = self._ledger.page(
            campaign=number_filter("campaign"),
            address=request.args.get("address", ""),
            before=number_filter("before"),
            limit=min(1_000, max(1, request.args.get("limit", 100, type=int))),
        )
        return jsonify(messages=[mail._asdict() for mail in mails])

    def count(self) -> Response:
        """Tell what arrived of each campaign, and in all; evicted mails count too."""
        counts = self._ledger.counts()
        campaign = number_filter("campaign")
        chosen = [row for row in counts if campaign in {None, row.campaign}]
        return jsonify(
            messages=sum(row.messages for row in chosen),
            repeated=sum(row.repeated for row in chosen),
            campaigns=[row._asdict() for row in chosen],
        )

    def _look_up(self, message_id: str) -> Response:
        deliveries = self._ledger.deliveries(message_id)
        return jsonify(
            message_id=message_id,
            status="delivered" if deliveries else "absent",
            deliveries=[
                {"recipient": row.recipient, "received": row.received} for row in deliveries
            ],
        )
