"""Routes of SageMaker and MLflow: `/invocations` and what stands around it."""

import msgspec
from flask import Flask, Response, request

from churn_contract.validation import Validator
from churn_service.envelopes import invocations
from churn_service.envelopes.body import Body
from churn_service.envelopes.content_coding import read_content
from churn_service.envelopes.form import wants_lenient
from churn_service.envelopes.invocations import Invocation
from churn_service.envelopes.json import MEDIA_TYPE
from churn_service.record_scoring import RecordScoring
from churn_service.scoring import Scored
from churn_service.served import Served

CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
# SageMaker's limit for the payloads of all parallel calls of a batch transform together.
_MOST_MEGABYTES = 100


class InvocationRoutes:
    """Score customers as SageMaker's and MLflow's clients send them.

    Args:
        scoring: Scores records.
        served: What there is.
        threads: How many requests are worked on at the same time.
    """

    def __init__(self, scoring: RecordScoring, served: Served, *, threads: int) -> None:
        self._scoring = scoring
        self._served = served
        self._threads = threads

    def invocations(self) -> Response:
        """Score every customer of the body, all with one model version."""
        return self._scoring.answer(self._read, _write)

    def execution_parameters(self) -> Response:
        """Tell a batch transform how much to send at a time, and how much in parallel."""
        megabytes = min(max(self._served.max_body_bytes >> 20, 1), _MOST_MEGABYTES)
        content = {
            "MaxConcurrentTransforms": min(self._threads, _MOST_MEGABYTES // megabytes),
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": megabytes,
        }
        return Response(msgspec.json.encode(content), content_type=MEDIA_TYPE)

    def version(self) -> Response:
        """Tell the version of the service, as MLflow's servers tell theirs."""
        return Response(self._served.code_version, content_type="text/plain; charset=utf-8")

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/invocations", view_func=self.invocations, methods=["POST"])
        app.add_url_rule("/execution-parameters", view_func=self.execution_parameters)
        app.add_url_rule("/version", "service_version", self.version)

    def _read(self, validator: Validator) -> tuple[Invocation, Body]:
        content = read_content(request, self._served.max_body_bytes)
        found = invocations.read_invocation(
            content, request.content_type or "", validator, is_lenient=wants_lenient(request)
        )
        return invocations.with_wanted_form(found, request.accept_mimetypes), found.body


def _write(asked: Invocation, scored: Scored) -> Response:
    content, media_type = invocations.write_answer(asked, scored.predictions)
    response = Response(content, content_type=media_type)
    if CUSTOM_ATTRIBUTES in request.headers:
        response.headers[CUSTOM_ATTRIBUTES] = request.headers[CUSTOM_ATTRIBUTES]
    return response
