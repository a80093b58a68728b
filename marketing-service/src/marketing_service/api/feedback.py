"""`/v1/feedback`: what became of everybody in a campaign, as a file to learn from."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request

from marketing_service.api.answers import csv_answer, csv_lines, rfc3339
from marketing_service.feedback import COLUMNS, Feedback, Row
from marketing_service.store.engine import Database

CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
ATTRIBUTE: Final = "attrs."
_INSTANTS: Final = ("planned_at", "sent_at", "redeemed_at", "churned_at", "window_end")


class FeedbackRoutes:
    """Translate HTTP to feedback; every answer is written while it is read.

    Args:
        database: The store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def blueprint(self) -> Blueprint:
        """Name the address."""
        routes = Blueprint("feedback", __name__)
        routes.get("/v1/feedback")(self.show)
        return routes

    def show(self) -> Response:
        """Send the feedback of all campaigns, or of `campaign`, as CSV or JSON lines."""
        found = Feedback(self._database, request.args.get("campaign"))
        if request.accept_mimetypes.best_match([CSV, NDJSON], default=CSV) == NDJSON:
            return Response(_json_lines(found), content_type=NDJSON)
        header = [*COLUMNS, *(ATTRIBUTE + name for name in found.attributes)]
        return csv_answer(csv_lines(header, _pages(found)), "feedback.csv")


def _pages(found: Feedback) -> Iterator[Sequence[Sequence[object]]]:
    for page in found.pages():
        yield [
            [*_shown(row).values(), *(attributes.get(name) for name in found.attributes)]
            for row, attributes in page
        ]


def _json_lines(found: Feedback) -> Iterator[bytes]:
    for page in found.pages():
        lines = (
            msgspec.json.encode(_shown(row) | {"attributes": attributes})
            for row, attributes in page
        )
        yield b"\n".join(lines) + b"\n"


def _shown(row: Row) -> dict[str, Any]:
    """Order the columns and write instants for people and programs."""
    return {name: rfc3339(row[name]) if name in _INSTANTS else row[name] for name in COLUMNS}
