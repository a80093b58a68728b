"""Routes: translate HTTP to calls and back, nothing else."""

from flask import Flask, Response, request

from churn_service.current_model import CurrentModel
from churn_service.envelopes.content_coding import read_content
from churn_service.envelopes.form import Ask, Envelopes, content_type_of, wants_lenient
from churn_service.envelopes.left_out import tell_left_out
from churn_service.predictor import Predictor
from churn_service.scoring import Scoring
from churn_service.telemetry import PredictionTelemetry


class PredictionRoutes:
    """Score customers.

    Args:
        current: Gives the version for the request at hand; NoModelError while there is none.
        telemetry: Times reading and writing.
        scoring: Scores what was read.
        envelopes: The forms of bodies and answers.
        max_body_bytes: The most that a body may hold, inflated.
    """

    def __init__(
        self,
        current: CurrentModel,
        telemetry: PredictionTelemetry,
        scoring: Scoring,
        *,
        envelopes: Envelopes,
        max_body_bytes: int,
    ) -> None:
        self._current = current
        self._telemetry = telemetry
        self._scoring = scoring
        self._envelopes = envelopes
        self._max_body_bytes = max_body_bytes

    def predict(self) -> Response:
        """Score every customer of the body, all with one model version."""
        predictor = self._current.take_wanted()
        reader = self._envelopes.reader(request)
        writer = self._envelopes.writer(request, reader)
        with self._telemetry.phase("decode"):
            content = read_content(request, self._max_body_bytes)
        with self._telemetry.phase("validate"):
            body = reader.read(content, _ask(predictor))
        scored = self._scoring.score(predictor, body, pinned=self._current.is_pinned())
        self._current.speak_of(scored.predictor)
        with self._telemetry.phase("encode"):
            content = writer.write(body, scored.predictions)
        return tell_left_out(Response(content, content_type=content_type_of(writer)), body)

    def ping(self) -> Response:
        """Say PONG when a customer could be scored now."""
        self._current.take()
        return Response("PONG", content_type="text/plain; charset=utf-8")

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/predict", view_func=self.predict, methods=["POST"])
        app.add_url_rule("/ping", view_func=self.ping)


def _ask(predictor: Predictor) -> Ask:
    return Ask(predictor.validator, request.mimetype_params, wants_lenient(request))
