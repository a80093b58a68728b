"""Admission: what is late or too much is refused at once, with a problem, and counted."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from service_kit.admission import LARGE_BODY, Admission, Limits
from service_kit.deadline import DeadlinePassedError, check_deadline

LARGE = b"x" * (LARGE_BODY + 1)


class Behind:
    """An application whose large requests end when told to."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.go_on.set()
        self.bodies: list[int] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.bodies.append(int(environ.get("CONTENT_LENGTH") or 0))
        self.entered.release()
        assert self.go_on.wait(timeout=20)
        check_deadline()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]


class Served:
    def __init__(self, **limits: float) -> None:
        self.behind = Behind()
        self.refused: list[tuple[int, str, str]] = []
        self.draining = False
        given = {"working": 1, "waiting": 1, "queue_seconds": 20.0} | limits
        application = Admission(
            self.behind,
            Limits(**given),  # type: ignore[arg-type]  # numbers
            lambda *facts: self.refused.append(facts[:3]),
            lambda: self.draining,
            free=frozenset({"/jobs"}),
        )
        self.client = Client(application)

    def post(self, body: bytes = b"", path: str = "/predict", **headers: str) -> TestResponse:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, data=body, headers=names)

    def post_apart(self, answers: list[int]) -> threading.Thread:
        """Send a large request in a thread of its own."""
        thread = threading.Thread(target=lambda: answers.append(self.post(LARGE).status_code))
        thread.start()
        return thread


@pytest.fixture
def make() -> Callable[..., Served]:
    return Served


def milliseconds_ago(age: float) -> str:
    return f"{time.time() - age / 1000:.3f}"


def test_what_does_not_fit_is_refused_before_it_is_read(make: Callable[..., Served]) -> None:
    served = make(waiting=0)
    served.behind.go_on.clear()
    answers: list[int] = []
    working = served.post_apart(answers)
    assert served.behind.entered.acquire(timeout=20)
    refused = served.post(LARGE, X_Request_Id="a-1")
    problem = json.loads(refused.data)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.content_type == "application/problem+json"
    assert (problem["type"], problem["instance"]) == ("/problems/overloaded", "a-1")
    assert served.refused == [(503, "overloaded", "a-1")]
    assert served.behind.bodies == [len(LARGE)]
    served.behind.go_on.set()
    working.join(timeout=20)
    assert answers == [200]
    assert served.post(LARGE).status_code == 200


def test_a_compressed_body_counts_as_large(make: Callable[..., Served]) -> None:
    served = make(waiting=0)
    served.behind.go_on.clear()
    answers: list[int] = []
    thread = served.post_apart(answers)
    assert served.behind.entered.acquire(timeout=20)
    assert served.post(b"x", Content_Encoding="gzip").status_code == 503
    served.behind.go_on.set()
    thread.join(timeout=20)


def test_a_large_request_waits_for_the_one_before_it(make: Callable[..., Served]) -> None:
    served = make()
    served.behind.go_on.clear()
    answers: list[int] = []
    threads = [served.post_apart(answers), served.post_apart(answers)]
    assert served.behind.entered.acquire(timeout=20)
    served.behind.go_on.set()
    for thread in threads:
        thread.join(timeout=20)
    assert answers == [200, 200]


def test_small_requests_and_uploads_come_in_however_full_it_is(
    make: Callable[..., Served],
) -> None:
    served = make(working=1, waiting=0)
    served.behind.go_on.clear()
    answers: list[int] = []
    thread = served.post_apart(answers)
    assert served.behind.entered.acquire(timeout=20)
    served.behind.go_on.set()
    assert served.post(b"x").status_code == 200
    assert served.post(LARGE, "/jobs").status_code == 200
    assert served.client.get("/predict").status_code == 200
    thread.join(timeout=20)


def test_who_waits_too_long_is_refused(make: Callable[..., Served]) -> None:
    served = make(queue_seconds=0.01)
    served.behind.go_on.clear()
    answers: list[int] = []
    thread = served.post_apart(answers)
    assert served.behind.entered.acquire(timeout=20)
    refused = served.post(LARGE)
    assert refused.status_code == 503
    assert "waited too long" in json.loads(refused.data)["detail"]
    served.behind.go_on.set()
    thread.join(timeout=20)
    assert answers == [200]


@pytest.mark.parametrize("prefix", ["", "t="])
def test_what_grew_old_in_a_queue_is_refused(make: Callable[..., Served], prefix: str) -> None:
    served = make(queue_seconds=1)
    assert served.post(X_Request_Start=prefix + milliseconds_ago(1500)).status_code == 503
    assert served.post(X_Request_Start=prefix + milliseconds_ago(100)).status_code == 200


@pytest.mark.parametrize("start", ["", "soon", "t=", "9" * 30, "-5", "1e3", "5", "99999999999"])
def test_a_start_that_cannot_be_is_none(make: Callable[..., Served], start: str) -> None:
    assert make(queue_seconds=1).post(X_Request_Start=start).status_code == 200


def test_a_deadline_that_has_passed_is_told_and_nothing_is_done(
    make: Callable[..., Served],
) -> None:
    served = make()
    sent: dict[str, Any] = {
        "X_Request_Start": milliseconds_ago(500),
        "X_Request_Deadline_Ms": "400",
    }
    refused = served.post(**sent)
    assert refused.status_code == 504
    assert json.loads(refused.data)["type"] == "/problems/deadline-passed"
    assert served.behind.bodies == []
    assert served.post(**sent | {"X_Request_Deadline_Ms": "60000"}).status_code == 200
    assert served.post(X_Request_Deadline_Ms="0").status_code == 504
    assert served.post(X_Request_Deadline_Ms="whenever").status_code == 200
    assert [facts[:2] for facts in served.refused] == [(504, "deadline-passed")] * 2


def test_work_can_ask_whether_its_deadline_has_passed(make: Callable[..., Served]) -> None:
    served = make()
    served.behind.go_on.clear()
    answers: list[int] = []
    thread = threading.Thread(
        target=lambda: answers.append(served.post(X_Request_Deadline_Ms="1").status_code)
    )
    thread.start()
    if served.behind.entered.acquire(timeout=1):  # it came in within its millisecond
        ends = time.monotonic() + 0.002
        while time.monotonic() < ends:
            pass
    served.behind.go_on.set()
    thread.join(timeout=20)
    assert answers == [504]
    check_deadline()


def test_draining_closes_connections_after_their_answers(make: Callable[..., Served]) -> None:
    served = make()
    assert "Connection" not in served.post().headers
    served.draining = True
    assert served.post().headers["Connection"] == "close"
    assert served.post(LARGE).headers["Connection"] == "close"


def test_the_error_of_a_deadline_says_so() -> None:
    assert DeadlinePassedError.status == 504
