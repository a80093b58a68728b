"""A service that answers what a test tells it to, behind the commands' own client."""

import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from click.testing import CliRunner, Result
from requests.adapters import BaseAdapter

from marketing_service.cli import main
from marketing_service.cli.client import ApiClient


class Service(BaseAdapter):
    """Answers requests from lists, one answer after the other; the last one stays."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[tuple[int, Any]]] = {}
        self.requests: list[requests.PreparedRequest] = []
        self.bodies: list[bytes] = []
        self.fault: Exception | None = None

    def on(self, call: str, *answers: Any, status: int = 200) -> None:
        self.answers[call] = [(status, answer) for answer in answers]

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        if self.fault:
            raise self.fault
        self.requests.append(request)
        body = request.body or b""
        self.bodies.append(body.read() if hasattr(body, "read") else body)
        waiting = self.answers[f"{request.method} {urlsplit(request.url).path}"]
        status, answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return self._reply(request, status, answer)

    def _reply(
        self, request: requests.PreparedRequest, status: int, answer: Any
    ) -> requests.Response:
        reply = requests.Response()
        reply.status_code, reply.url, reply.request = status, str(request.url), request
        text = answer if isinstance(answer, str) else json.dumps(answer)
        reply.raw = io.BytesIO(text.encode())
        return reply

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def run(service: Service) -> Callable[..., Result]:
    session = requests.Session()
    session.mount("http://service", service)
    client = ApiClient("http://service/", "chk_key", session)

    def run_command(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments], obj=client)

    return run_command


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketing_service.cli.watching.POLL_SECONDS", 0.0)
