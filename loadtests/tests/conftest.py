"""A tiny real HTTP server on loopback that the load is sent to."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

GOOD = b'{"churn_probability": 0.25, "churn": false}'


@dataclass
class Target:
    """What the server answers, and what it was asked."""

    url: str = ""
    schema: tuple[int, bytes] = (404, b"")
    answer: tuple[int, bytes] = (200, GOOD)
    keys: list[str | None] = field(default_factory=list)
    customers: list[dict[str, object]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    target: Target

    def do_GET(self) -> None:
        assert self.path == "/schema"
        self._reply(*self.target.schema)

    def do_POST(self) -> None:
        assert self.path == "/predict"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.target.customers.append(json.loads(body))
        self._reply(*self.target.answer)

    def _reply(self, status: int, body: bytes) -> None:
        self.target.keys.append(self.headers["X-API-Key"])
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def target() -> Iterator[Target]:
    found = Target()
    handler = type("TargetHandler", (Handler,), {"target": found})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()
