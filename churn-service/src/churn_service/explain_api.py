"""The route that explains scores: JSON in, JSON out, a bounded number of customers."""

import msgspec
from flask import Flask, Response, request

from churn_service.current_model import CurrentModel
from churn_service.envelopes.body import Body
from churn_service.envelopes.content_coding import read_content
from churn_service.envelopes.form import Ask, Envelopes
from churn_service.envelopes.ignored import IGNORED_FIELDS
from churn_service.envelopes.json import MEDIA_TYPE, JsonEnvelope
from churn_service.errors import TooManyCustomersError
from churn_service.explanations import explain
from churn_service.predictor import Predictor
from churn_service.scoring import Scored, Scoring
from churn_service.telemetry import PredictionTelemetry

MOST_CUSTOMERS = 100  # one costs milliseconds when the model is made of trees


class ExplainRoute:
    """Score customers and say why.

    Args:
        current: Gives the version for the request at hand; NoModelError while there is none.
        telemetry: Times reading and writing.
        scoring: Scores what was read.
        max_body_bytes: The most that a body may hold, inflated.
    """

    def __init__(
        self,
        current: CurrentModel,
        telemetry: PredictionTelemetry,
        scoring: Scoring,
        *,
        max_body_bytes: int,
    ) -> None:
        self._current = current
        self._telemetry = telemetry
        self._scoring = scoring
        self._max_body_bytes = max_body_bytes
        self._envelopes = Envelopes(JsonEnvelope())

    def explain(self) -> Response:
        """Explain every customer of the body, all with one model version."""
        predictor = self._current.take_wanted()
        with self._telemetry.phase("validate"):
            body = self._read(predictor)
        scored = self._scoring.score(predictor, body, pinned=self._current.is_pinned())
        self._current.speak_of(scored.predictor)
        with self._telemetry.phase("encode"):
            return _answer(body, scored)

    def register(self, app: Flask) -> None:
        """Add the route to an app."""
        app.add_url_rule("/explain", view_func=self.explain, methods=["POST"])

    def _read(self, predictor: Predictor) -> Body:
        reader = self._envelopes.reader(request)
        self._envelopes.writer(request, reader)  # 406 before anything is scored
        ask = Ask(predictor.validator, request.mimetype_params)
        body = reader.read(read_content(request, self._max_body_bytes), ask)
        if len(body.customers) > MOST_CUSTOMERS:
            raise TooManyCustomersError(
                f"{len(body.customers)} customers in one body, at most {MOST_CUSTOMERS} are "
                "explained at once; split it, or send it to /predict for scores alone."
            )
        return body


def _answer(body: Body, scored: Scored) -> Response:
    found = [explain(scored.predictor, customer) for customer in scored.customers]
    content = msgspec.json.encode(found[0] if body.is_one else found)
    response = Response(content, content_type=MEDIA_TYPE)
    if body.ignored_fields:
        response.headers[IGNORED_FIELDS] = ", ".join(body.ignored_fields)
    return response
