"""Routes: translate HTTP to calls and back, nothing else."""

from flask import Flask, Response, request

from churn_service.current_model import CurrentModel
from churn_service.envelopes.json import read_customers, write_predictions
from churn_service.scoring import Scoring
from churn_service.telemetry import PredictionTelemetry


class PredictionRoutes:
    """Score customers.

    Args:
        current: Gives the version for the request at hand; NoModelError while there is none.
        telemetry: Times reading and writing.
        scoring: Scores what was read.
        names_ignored: Whether answers name the fields that the predictor's validator ignores.
    """

    def __init__(
        self,
        current: CurrentModel,
        telemetry: PredictionTelemetry,
        scoring: Scoring,
        *,
        names_ignored: bool,
    ) -> None:
        self._current = current
        self._telemetry = telemetry
        self._scoring = scoring
        self._names_ignored = names_ignored

    def predict(self) -> Response:
        """Score every customer of the body, all with one model version."""
        predictor = self._current.take_wanted()
        with self._telemetry.phase("decode"):
            body = read_customers(request, predictor.validator, names_ignored=self._names_ignored)
        scored = self._scoring.score(predictor, body, pinned=self._current.is_pinned())
        self._current.speak_of(scored.predictor)
        with self._telemetry.phase("encode"):
            return write_predictions(body, scored.predictions)

    def ping(self) -> Response:
        """Say PONG when a customer could be scored now."""
        self._current.take()
        return Response("PONG", content_type="text/plain; charset=utf-8")

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/predict", view_func=self.predict, methods=["POST"])
        app.add_url_rule("/ping", view_func=self.ping)
