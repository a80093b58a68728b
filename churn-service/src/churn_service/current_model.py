"""The model that one request speaks of: taken once, named on its answer."""

from typing import Protocol

from flask import Flask, Response, g

from churn_contract.headers import MODEL_VERSION, SCHEMA_DIGEST
from churn_service.predictor import Predictor
from churn_service.registry import LoadedModel


class ModelSource(Protocol):
    """Who knows the model in charge; the registry, or a fake."""

    def loaded(self) -> LoadedModel:
        """Return the model in charge; NoModelError while there is none."""
        ...

    def current(self) -> Predictor | None:
        """Return the predictor in charge, or None while there is none."""
        ...


def take_model(source: ModelSource) -> LoadedModel:
    """Take the model in charge once; the whole answer speaks of this one."""
    model = source.loaded()
    g.predictor = model.predictor
    return model


def name_model_on_answers(app: Flask, source: ModelSource) -> None:
    """Write model version and schema digest on every answer, errors included."""

    def write(response: Response) -> Response:
        predictor = g.get("predictor") or source.current()
        if predictor:
            response.headers[MODEL_VERSION] = predictor.version
            response.headers[SCHEMA_DIGEST] = predictor.schema.digest
        return response

    app.after_request(write)
