"""Routes of the Open Inference Protocol v2: the same scores for its many clients."""

import msgspec
from flask import Flask, Response, request

from churn_contract.validation import Validator
from churn_service.current_model import CurrentModel
from churn_service.envelopes.binary_tensors import HEADER_LENGTH
from churn_service.envelopes.body import Body
from churn_service.envelopes.content_coding import read_content
from churn_service.envelopes.form import Ask
from churn_service.envelopes.open_inference import InferRequest, read_request
from churn_service.envelopes.open_inference_answers import (
    MEDIA_TYPE,
    describe_model,
    write_answer,
)
from churn_service.envelopes.records import check_records
from churn_service.error_answers import tells_errors
from churn_service.errors import VersionNotFoundError
from churn_service.predictor import Predictor
from churn_service.record_scoring import RecordScoring
from churn_service.scoring import Scored
from churn_service.served import Served

EXTENSIONS = ("binary_tensor_data",)


class OpenInferenceRoutes:
    """Score customers that come as one tensor per field, and describe the model.

    Args:
        scoring: Scores records.
        current: Gives the version for the request at hand.
        served: What there is.
    """

    def __init__(self, scoring: RecordScoring, current: CurrentModel, served: Served) -> None:
        self._scoring = scoring
        self._current = current
        self._served = served

    def server(self) -> Response:
        """Describe the server."""
        version = self._served.code_version
        return _json({"name": "churn-service", "version": version, "extensions": EXTENSIONS})

    def live(self) -> Response:
        """Say that the process lives."""
        return _json({"live": True})

    @tells_errors
    def ready(self) -> Response:
        """Say that customers may be sent, and fail when they may not."""
        self._served.check_ready()
        return _json({"live": True, "ready": True})

    @tells_errors
    def metadata(self, model: str, version: str | None = None) -> Response:
        """Describe the inputs and outputs of a version."""
        predictor = self._taken(model, version)
        versions = self._served.versions() if version is None else [predictor.version]
        content = describe_model(predictor.schema, name=model, versions=versions)
        return Response(content, content_type=MEDIA_TYPE)

    @tells_errors
    def model_ready(self, model: str, version: str | None = None) -> Response:
        """Say that a version is loaded."""
        self._taken(model, version)
        return _json({"name": model, "ready": True})

    @tells_errors
    def infer(self, model: str, version: str | None = None) -> Response:
        """Score every customer of the tensors, all with one version."""
        self._check_name(model)
        return self._scoring.answer(self._read, self._write, version=version)

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/v2", view_func=self.server)
        app.add_url_rule("/v2/health/live", "oip_live", self.live)
        app.add_url_rule("/v2/health/ready", "oip_ready", self.ready)
        for path in ("/v2/models/<model>", "/v2/models/<model>/versions/<version>"):
            app.add_url_rule(path, "oip_metadata", self.metadata)
            app.add_url_rule(f"{path}/ready", "oip_model_ready", self.model_ready)
            app.add_url_rule(f"{path}/infer", "oip_infer", self.infer, methods=["POST"])

    def _read(self, validator: Validator) -> tuple[InferRequest, Body]:
        content = read_content(request, self._served.max_body_bytes)
        asked = read_request(content, request.headers.get(HEADER_LENGTH))
        return asked, check_records(asked.records, Ask(validator, {}))

    def _write(self, asked: InferRequest, scored: Scored) -> Response:
        content, headers = write_answer(
            asked, scored.predictions, model=self._served.model, version=scored.predictor.version
        )
        return Response(content, headers=headers)

    def _taken(self, model: str, version: str | None) -> Predictor:
        self._check_name(model)
        return self._current.take_wanted(version)

    def _check_name(self, model: str) -> None:
        if model != self._served.model:
            raise VersionNotFoundError(f"The one model here is {self._served.model!r}.")


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), content_type=MEDIA_TYPE)
