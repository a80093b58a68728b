"""Routes of Vertex AI, KServe v1 and TensorFlow Serving: `{"instances": [...]}`."""

from typing import NamedTuple

from flask import Flask, Response, request

from churn_contract.validation import Validator
from churn_service.envelopes import instances
from churn_service.envelopes.body import Body
from churn_service.envelopes.content_coding import read_content
from churn_service.envelopes.form import Ask, wants_lenient
from churn_service.envelopes.records import check_records, parse_document
from churn_service.error_answers import tells_errors
from churn_service.errors import VersionNotFoundError
from churn_service.record_scoring import RecordScoring
from churn_service.scoring import Scored
from churn_service.served import Served
from churn_service.vertex import VertexPaths

_MEDIA_TYPE = "application/json"


class _Asked(NamedTuple):
    """What an answer must know of its request."""

    output: str
    body: Body


class InstanceRoutes:
    """Score the customers of one JSON document, whatever its type says.

    Args:
        scoring: Scores records.
        served: What there is.
        paths: What Vertex AI asks for.
    """

    def __init__(self, scoring: RecordScoring, served: Served, paths: VertexPaths) -> None:
        self._scoring = scoring
        self._served = served
        self._paths = paths

    @tells_errors
    def predict(self, model: str | None = None) -> Response:
        """Score every customer of the document, all with one model version."""
        if model not in {None, self._served.model}:
            raise VersionNotFoundError(f"The one model here is {self._served.model!r}.")
        return self._scoring.answer(self._read, _write)

    @tells_errors
    def health(self) -> Response:
        """Answer 200 while customers may be sent."""
        self._served.check_ready()
        return Response(b"{}", content_type=_MEDIA_TYPE)

    def register(self, app: Flask) -> None:
        """Add the routes to an app; a path that the app has already stays as it is."""
        app.add_url_rule("/v1/models/<model>:predict", "instances", self.predict, methods=["POST"])
        for path, view, method in (
            (self._paths.health, self.health, "GET"),
            (self._paths.predict, self.predict, "POST"),
        ):
            if path and not _answers(app, path, method):
                app.add_url_rule(path, f"vertex_{view.__name__}", view, methods=[method])

    def _read(self, validator: Validator) -> tuple[_Asked, Body]:
        document = parse_document(read_content(request, self._served.max_body_bytes))
        found = instances.read_instances(document, validator.schema)
        body = check_records(found.records, Ask(validator, {}, wants_lenient(request)))
        return _Asked(found.output, body), body


def _write(asked: _Asked, scored: Scored) -> Response:
    rows = asked.body.in_place(scored.predictions)
    return Response(instances.write_predictions(rows, asked.output), content_type=_MEDIA_TYPE)


def _answers(app: Flask, path: str, method: str) -> bool:
    return bool(app.url_map.bind("").test(path, method))
