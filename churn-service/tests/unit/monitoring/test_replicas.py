"""What the replicas count, as increments."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from churn_service.monitoring.probation import ANSWERS, ERRORS, SLOW, Tally, score_key
from churn_service.monitoring.replicas import Replicas, tally_of
from service_kit.metrics import Metrics


class Replica:
    """A server with the metrics of a service, which can be told what it did."""

    def __init__(self) -> None:
        self.start_anew()
        self.refused = ""
        self.is_broken = False

    def start_anew(self) -> None:
        self.metrics = Metrics()
        self._requests = self.metrics.counter("churn_requests_total", "n", ["route", "status"])
        self._seconds = self.metrics.histogram("churn_request_seconds", "s", ["route"])
        self._bins = self.metrics.counter(
            "churn_served_bin_total", "n", ["model_version", "field", "bin"]
        )

    def answer(self, status: int, seconds: float, route: str = "/predict") -> None:
        self._requests.labels(route, status).inc()
        self._seconds.labels(route).observe(seconds)
        self._bins.labels("v1", "churn_probability", "0.5 to 1").inc()
        self._bins.labels("v1", "plan", "basic").inc()

    def content(self, path: str) -> bytes:
        if self.is_broken:
            return b"\xff"
        if path == "/metrics":
            return self.metrics.render()
        return f'{{"status": "ready", "champion": {{"refused": "{self.refused}"}}}}'.encode()


@pytest.fixture
def replica() -> Replica:
    return Replica()


@pytest.fixture
def url(replica: Replica) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(replica.content(self.path))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_predictions_errors_slow_answers_and_scores_are_counted(replica: Replica) -> None:
    replica.answer(200, 0.01)
    replica.answer(500, 0.2)
    replica.answer(503, 0.2, route="/score")

    assert tally_of(replica.metrics.render().decode()) == {
        ANSWERS: 2, ERRORS: 1, SLOW: 1, score_key("v1", "0.5 to 1"): 3,
    }  # fmt: skip


def test_only_what_was_added_counts_and_a_new_start_counts_from_zero(
    replica: Replica, url: str
) -> None:
    replicas = Replicas((url, url))
    replica.answer(200, 0.01)
    first = replicas.look()
    replica.answer(500, 0.01)
    replica.refused = "v2: broken"
    second = replicas.look()
    replica.start_anew()
    replica.answer(200, 0.01)
    third = replicas.look()

    assert (first.increments, first.refusals, first.reached) == (Tally(), (), 1)
    assert (second.increments[ANSWERS], second.increments[ERRORS]) == (1, 1)
    assert second.refusals == ("v2: broken",)
    assert (third.increments[ANSWERS], third.increments[ERRORS]) == (1, 0)


def test_a_replica_that_says_nonsense_or_nothing_is_left_out(replica: Replica, url: str) -> None:
    replica.is_broken = True

    assert Replicas((url,)).look().reached == 0
    assert Replicas(("http://127.0.0.1:1", "http://a..b")).look().reached == 0
