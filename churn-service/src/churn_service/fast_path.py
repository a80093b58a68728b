"""The fast path: one JSON customer at `POST /predict`, answered before Flask is asked.

Flask's view is the reference. Everything unusual, and every error, is its: this
application then hands the request on as it came, body included. What it answers itself
has the same bytes, the same headers and leaves the same facts in metrics and log.
"""

import io
import random
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import msgspec

from churn_contract import headers
from churn_service.fast_record import Answered
from churn_service.predictor import Predictor
from churn_service.quick import QuickPredictor
from service_kit.request_record import well_formed_id

PATH = "/predict"
LONGEST_BODY = 9999  # bytes; a customer has some hundred
MOST_DIGITS = 5
JSON_TYPES = frozenset({"application/json", "application/json; charset=utf-8"})
JSON_ACCEPTED = frozenset({"*/*", "application/json", "application/json, */*"})


class LoneChampion(Protocol):
    """Who knows whether the champion answers all customers alone; the registry."""

    def alone(self) -> Predictor | None:
        """Return the predictor in charge when no version stands beside it, else None."""
        ...


class _Ready(NamedTuple):
    """A champion that is prepared for, and the headers that name it."""

    quick: QuickPredictor
    headers: tuple[tuple[str, str], ...]


class FastPath:
    """Answers what it can; hands everything else to the application behind it.

    Args:
        behind: The whole application.
        source: Knows the champion. While a canary or a shadow stands beside it, every
            request is handed on.
        answered: Takes the facts of an answer; counting and logging come later.
        clock: Seconds that only differences are taken of.
    """

    def __init__(
        self,
        behind: WSGIApplication,
        source: LoneChampion,
        answered: Callable[[Answered], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._behind = behind
        self._source = source
        self._answered = answered
        self._clock = clock
        self._bits = random.Random().getrandbits  # noqa: S311 - ids to find log lines, no secrets
        self._encode = msgspec.json.Encoder().encode
        self._ready: _Ready | None = None

    def follow(self) -> None:
        """Prepare for the champion as it is now; until then its requests are handed on."""
        champion = self._source.alone()
        if champion is None or (self._ready and self._ready.quick.predictor is champion):
            return
        self._ready = _Ready(
            QuickPredictor(champion),
            (
                ("Content-Type", "application/json"),
                (headers.MODEL_VERSION, champion.version),
                (headers.SCHEMA_DIGEST, champion.schema.digest),
            ),
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        ready = self._ready
        if (
            environ["PATH_INFO"] != PATH
            or ready is None
            or ready.quick.predictor is not self._source.alone()
            or not _is_usual(environ)
        ):
            return self._behind(environ, start_response)
        clock = self._clock
        times = [clock()]
        body = environ["wsgi.input"].read(LONGEST_BODY)
        times.append(clock())
        row = ready.quick.row(body)
        if row is None:
            environ["wsgi.input"] = io.BytesIO(body)
            return self._behind(environ, start_response)
        times.append(clock())
        return self._answer(environ, start_response, ready, row, times)

    def _answer(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        ready: _Ready,
        row: Any,
        times: list[float],
    ) -> Iterable[bytes]:
        prediction = ready.quick.predict(row)
        times.append(self._clock())
        content = self._encode(prediction)
        times.append(self._clock())
        given = environ.get("HTTP_X_REQUEST_ID")
        request_id = (given and well_formed_id(given)) or f"{self._bits(128):032x}"
        answer_headers = [
            *ready.headers,
            ("Content-Length", str(len(content))),
            (headers.REQUEST_ID, request_id),
        ]
        start_response("200 OK", answer_headers)
        asked = (request_id, environ.get("HTTP_TRACEPARENT"), environ.get("HTTP_X_KEY_ID"))
        self._answered((ready.quick, row, prediction, times, asked, time.time()))
        return [content]


def _is_usual(environ: WSGIEnvironment) -> bool:
    """Tell whether the request asks for what all but all requests ask for."""
    length = environ.get("CONTENT_LENGTH") or ""  # a chunked body has none, and no known end
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ.get("CONTENT_TYPE") in JSON_TYPES
        and environ.get("HTTP_ACCEPT", "*/*") in JSON_ACCEPTED
        and not environ.get("QUERY_STRING")
        and "HTTP_CONTENT_ENCODING" not in environ
        and "HTTP_PREFER" not in environ
        and len(length) < MOST_DIGITS
        and length.isdecimal()
    )
