"""Routes: translate HTTP to calls and back, nothing else."""

import msgspec
from flask import Flask, Response, request

from churn_service.current_model import ModelSource, take_model
from churn_service.envelopes.json import MEDIA_TYPE, read_customers, write_predictions
from churn_service.registry import LoadedModel
from churn_service.telemetry import PredictionTelemetry


class PredictionRoutes:
    """Score customers."""

    def __init__(
        self, source: ModelSource, telemetry: PredictionTelemetry, *, names_ignored: bool
    ) -> None:
        self._source = source
        self._telemetry = telemetry
        self._names_ignored = names_ignored

    def predict(self) -> Response:
        """Score every customer of the body, all with one model version."""
        predictor = take_model(self._source).predictor
        with self._telemetry.phase("decode"):
            body = read_customers(request, predictor.validator, names_ignored=self._names_ignored)
        with self._telemetry.phase("score"):
            predictions = predictor.predict(body.customers)
        self._telemetry.served(predictor, body.customers, predictions)
        with self._telemetry.phase("encode"):
            return write_predictions(body, predictions)

    def ping(self) -> Response:
        """Say PONG when a customer could be scored now."""
        take_model(self._source)
        return Response("PONG", content_type="text/plain; charset=utf-8")

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/predict", view_func=self.predict, methods=["POST"])
        app.add_url_rule("/ping", view_func=self.ping)


class ModelRoutes:
    """Tell what is being served."""

    def __init__(self, source: ModelSource) -> None:
        self._source = source

    def schema(self) -> Response:
        """Answer with the customer schema of the model in charge."""
        schema = take_model(self._source).predictor.schema
        return Response(schema.to_json(), content_type=MEDIA_TYPE)

    def champion(self) -> Response:
        """Answer with the facts of the model in charge."""
        facts = model_facts(take_model(self._source))
        return Response(msgspec.json.encode(facts), content_type=MEDIA_TYPE)

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/schema", view_func=self.schema)
        app.add_url_rule("/models/champion", view_func=self.champion)


def model_facts(model: LoadedModel) -> dict[str, object]:
    """Describe a loaded version for its users."""
    document = model.predictor.document
    return {
        "name": document.name,
        "version": model.alias.version,
        "sha256": model.alias.sha256,
        "created": model.created,
        "schema_digest": document.schema_digest,
        "threshold": document.threshold,
        "horizon_days": document.horizon_days,
        "training": document.training,
        "metrics": model.metrics,
    }
