"""The model that one request speaks of: taken once, named on its answer."""

from typing import Protocol

from flask import Response, g

from churn_contract.headers import MODEL_VERSION, SCHEMA_DIGEST
from churn_service.predictor import Predictor


class PredictorSource(Protocol):
    """Who knows the predictor in charge; the registry, or a fake."""

    def champion(self) -> Predictor:
        """Return the predictor in charge; NoModelError while there is none."""
        ...

    def current(self) -> Predictor | None:
        """Return the predictor in charge, or None while there is none."""
        ...


class CurrentModel:
    """Hands one predictor to a request, however often the champion changes meanwhile."""

    def __init__(self, source: PredictorSource) -> None:
        self._source = source

    def take(self) -> Predictor:
        """Take the predictor in charge; the whole answer speaks of this one."""
        g.predictor = self._source.champion()
        return g.predictor  # type: ignore[no-any-return]  # set in the line above

    def name_on_answer(self, response: Response) -> Response:
        """Write model version and schema digest on an answer, on errors as well."""
        predictor = g.get("predictor") or self._source.current()
        if predictor:
            response.headers.setdefault(MODEL_VERSION, predictor.version)
            response.headers.setdefault(SCHEMA_DIGEST, predictor.schema.digest)
        return response
