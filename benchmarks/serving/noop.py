"""A WSGI application that does nothing: the least that our server can cost."""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from service_kit.server import serve

_BODY = b'{"churn_probability":0.5,"churn":true,"model_version":"000000000000","threshold":0.5}'
_HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(_BODY)))]


def create_wsgi() -> WSGIApplication:
    """Build the application."""
    return _answer


def run() -> None:
    """Serve it on the port of the environment until SIGTERM."""
    serve(
        "benchmarks.serving.noop:create_wsgi",
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        threads=int(os.environ["BENCH_THREADS"]),
    )


def _answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", _HEADERS)
    return [_BODY]
