"""The route of `/openapi.json`: the interface as the live model makes it."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from flask import Flask, Response, current_app, request

from churn_service.envelopes.json import MEDIA_TYPE
from churn_service.openapi.document import Subject, describe
from churn_service.openapi.parts import Json
from churn_service.predictor import Predictor
from churn_service.served import Served
from service_kit.health import HEALTH_PATHS

_CONVERTED = re.compile(r"<(?:[^:<>]+:)?[^<>]+>")
_NAMED = re.compile(r"\{[^{}]+\}")


class Description(NamedTuple):
    """The document of one model version, ready to be sent."""

    document: Json
    content: bytes
    etag: str


class OpenApiRoute:
    """Describe the interface; once per model version, then from memory.

    Args:
        take: Gives the predictor for the request at hand.
        served: What there is.
        media_types: What bodies of customers may be, the usual one first.
        public_url: Address that callers use; empty for the one of the request.
    """

    def __init__(
        self,
        take: Callable[[], Predictor],
        served: Served,
        media_types: Sequence[str],
        public_url: str = "",
    ) -> None:
        self._take = take
        self._served = served
        self._media_types = tuple(media_types)
        self._public_url = public_url
        self._made: tuple[str, Description] | None = None

    def openapi(self) -> Response:
        """Answer with the document, or 304 to those who have it."""
        description = self.description()
        response = Response(description.content, content_type=MEDIA_TYPE)
        response.set_etag(description.etag)
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
        return response

    def description(self) -> Description:
        """Return the description by the model in charge."""
        predictor = self._take()
        made = self._made
        if made is None or made[0] != predictor.version:
            made = self._made = (predictor.version, self._describe(predictor))
        return made[1]

    def register(self, app: Flask) -> None:
        """Add the route to an app."""
        app.add_url_rule("/openapi.json", view_func=self.openapi)

    def _describe(self, predictor: Predictor) -> Description:
        subject = Subject(
            code_version=self._served.code_version,
            model_name=self._served.model,
            model_version=predictor.version,
            customers=predictor.schema,
            media_types=self._media_types,
            address=self._public_url.rstrip("/"),
        )
        shapes = {shape_of(rule.rule) for rule in current_app.url_map.iter_rules()}
        shapes |= set(HEALTH_PATHS)
        document = describe(subject, lambda path: shape_of(path) in shapes)
        content = msgspec.json.encode(document)
        # by content: changes with the model and with the code, even when no version does
        return Description(document, content, hashlib.sha256(content).hexdigest()[:32])


def shape_of(path: str) -> str:
    """Return a path without the names of its parameters, in Flask's words or OpenAPI's."""
    return _NAMED.sub("{}", _CONVERTED.sub("{}", path))
