"""The model that one request speaks of: taken once, named on its answer."""

from typing import Protocol

from flask import Response, g, request

from churn_contract.headers import MODEL_VERSION, SCHEMA_DIGEST
from churn_service.predictor import Predictor

WANTED_VERSION = "model_version"


class PredictorSource(Protocol):
    """Who knows the predictor in charge; the registry, or a fake."""

    def champion(self) -> Predictor:
        """Return the predictor in charge; NoModelError while there is none."""
        ...

    def current(self) -> Predictor | None:
        """Return the predictor in charge, or None while there is none."""
        ...

    def loaded(self, wanted: str) -> Predictor:
        """Return the predictor of a loaded version or alias; VersionNotLoadedError else."""
        ...


class CurrentModel:
    """Hands one predictor to a request, however often the champion changes meanwhile."""

    def __init__(self, source: PredictorSource) -> None:
        self._source = source

    def take(self) -> Predictor:
        """Take the predictor in charge; the whole answer speaks of this one."""
        return self.speak_of(self._source.champion())

    def take_wanted(self, named: str | None = None) -> Predictor:
        """Take the version that the path or the query names, or else the one in charge.

        Raises:
            VersionNotLoadedError: When that version is not loaded.
        """
        wanted = named or request.args.get(WANTED_VERSION)
        return self.speak_of(self._source.loaded(wanted)) if wanted else self.take()

    @staticmethod
    def is_pinned() -> bool:
        """Tell whether the request names a version; then no canary answers it."""
        return WANTED_VERSION in request.args

    def name_on_answer(self, response: Response) -> Response:
        """Write model version and schema digest on an answer, on errors as well."""
        predictor = g.get("predictor") or self._source.current()
        if predictor:
            response.headers.setdefault(MODEL_VERSION, predictor.version)
            response.headers.setdefault(SCHEMA_DIGEST, predictor.schema.digest)
        return response

    @staticmethod
    def speak_of(predictor: Predictor) -> Predictor:
        """Name this version on the answer of the request at hand."""
        g.predictor = predictor
        return predictor
