"""Creating requests with an Idempotency-Key: the second one gets the first answer."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, request

from churn_contract import headers as names
from churn_contract.problem import FieldError
from marketing_service.api.questions import actor
from marketing_service.errors import InvalidRequestError
from marketing_service.store import idempotency
from marketing_service.store.engine import Database
from marketing_service.store.idempotency import StoredReply

LONGEST_KEY = 255
KEPT_HEADERS = ("Content-Type", "Location")

View = Callable[..., Response]


class Replay:
    """Remembers answers by the caller's key.

    Args:
        database: Where answers are kept.
        clock: Milliseconds UTC.
    """

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    def once(self, view: View) -> View:
        """Wrap a view so that a repeated key gives the first answer again."""

        @wraps(view)
        def wrapped(**arguments: Any) -> Response:
            key = request.headers.get(names.IDEMPOTENCY_KEY, "")
            return self._answer(key, lambda: view(**arguments)) if key else view(**arguments)

        return wrapped

    def _answer(self, key: str, view: Callable[[], Response]) -> Response:
        _check_key(key)
        owner = actor()
        with self._database.write() as conn:
            first = idempotency.begin(
                conn, owner=owner, key=key, request_sha256=_fingerprint(), now_ms=self._clock()
            )
        if first is not None:
            return Response(first.body, first.status, headers=first.headers)
        # An error of the view leaves the key open: every one of these views may be repeated.
        response = view()
        with self._database.write() as conn:
            idempotency.finish(conn, owner=owner, key=key, reply=_kept(response))
        return response


def _check_key(key: str) -> None:
    if len(key) <= LONGEST_KEY:
        return
    rule = f"must have at most {LONGEST_KEY} characters"
    name = names.IDEMPOTENCY_KEY
    error = FieldError(pointer=name, field=name, code="out-of-range", detail=rule)
    raise InvalidRequestError(f"{name} {rule}.", errors=[error])


def _fingerprint() -> str:
    what = f"{request.method} {request.full_path} {request.content_type}\n".encode()
    return hashlib.sha256(what + request.get_data()).hexdigest()


def _kept(response: Response) -> StoredReply:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return StoredReply(response.status_code, response.get_data(as_text=True), headers)
