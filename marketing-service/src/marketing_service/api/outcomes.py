"""`/v1/outcomes`: report what became of customers."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from marketing_service.api.answers import json_answer
from marketing_service.api.questions import actor
from marketing_service.outcomes import read_outcomes, record_outcomes
from marketing_service.store.engine import Database


class OutcomeRoutes:
    """Translate HTTP to outcomes and back."""

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    def blueprint(self) -> Blueprint:
        """Name the addresses."""
        routes = Blueprint("outcomes", __name__)
        routes.post("/v1/outcomes")(self.create)
        return routes

    def create(self) -> Response:
        """Store outcomes; the same ones again change nothing."""
        found = read_outcomes(request.get_data(), request.content_type or "")
        done = record_outcomes(self._database, found, now_ms=self._clock(), actor=actor())
        return json_answer(done._asdict())
