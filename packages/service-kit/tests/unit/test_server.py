"""Server: a real granian process that answers, bounds bodies and drains."""

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from granian.constants import Interfaces

from service_kit import server
from service_kit.logs import EventLog
from service_kit.server import CannotListenError, bind_host

APP = """
    import io, sys, time
    from flask import Flask, request
    from service_kit.flask_app import install_kit
    from service_kit.health import Health
    from service_kit.logs import EventLog
    from service_kit.metrics import Metrics
    from service_kit.server import serve

    def create_wsgi():
        app = Flask("tiny")
        install_kit(app, health=Health(), metrics=Metrics(), log=EventLog("tiny", "1", sys.stdout),
                    metric_prefix="tiny", max_body_bytes=100)
        app.add_url_rule("/size", view_func=lambda: str(len(request.get_data())),
                         methods=["POST"], endpoint="size")
        app.add_url_rule("/slow", view_func=slow)
        return app

    def slow():
        print("started", flush=True)
        time.sleep(1)
        return "done"

    if __name__ == "__main__":
        serve("tiny:create_wsgi", host="127.0.0.1", port=int(sys.argv[1]), threads=2)
"""


class Tiny:
    """A served app in a process of its own."""

    def __init__(self, folder: Path) -> None:
        (folder / "tiny.py").write_text(textwrap.dedent(APP))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "tiny.py", str(self.port)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def request(self, method: str, path: str, **options: object) -> tuple[int, str]:
        connection = self.connection()
        connection.request(method, path, **options)  # type: ignore[arg-type]  # kept short
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def wait_until_live(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                self.request("GET", "/health/live")
            except OSError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("the server did not start")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Tiny]:
    server = Tiny(tmp_path)
    server.wait_until_live()
    yield server
    if server.process.poll() is None:
        server.process.terminate()
        server.process.wait(timeout=30)
    assert server.process.stdout
    server.process.stdout.close()


def test_chunked_bodies_are_read_and_bounded(tiny: Tiny) -> None:
    chunked = {"encode_chunked": True, "headers": {"Transfer-Encoding": "chunked"}}
    assert tiny.request("POST", "/size", body=iter([b"x" * 50] * 2), **chunked) == (200, "100")
    status, text = tiny.request("POST", "/size", body=iter([b"x" * 50] * 3), **chunked)
    assert status == 413
    assert "body-too-large" in text


def test_sigterm_finishes_the_request_in_hand_and_ends_well(tiny: Tiny) -> None:
    answers: list[tuple[int, str]] = []
    caller = threading.Thread(target=lambda: answers.append(tiny.request("GET", "/slow")))
    caller.start()
    assert tiny.process.stdout
    while "started" not in tiny.process.stdout.readline():
        pass
    tiny.process.send_signal(signal.SIGTERM)
    caller.join(timeout=25)
    assert answers == [(200, "done")]
    assert tiny.process.wait(timeout=25) == 0


def test_only_a_trusted_network_is_listened_to() -> None:
    assert bind_host(trust_network=False) == "127.0.0.1"
    assert bind_host(trust_network=True) == "0.0.0.0"  # noqa: S104 - the point of the test


def test_one_worker_with_deep_backpressure_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, object]] = []

    class FakeGranian:
        def __init__(self, target: str, **options: object) -> None:
            started.append({"target": target, **options})

        def serve(self) -> None:
            started.append({"served": True})

    monkeypatch.setattr(server, "DrainingGranian", FakeGranian)
    log = EventLog("shop", "1", stream := io.StringIO())
    server.serve("shop:create_wsgi", host="127.0.0.1", port=0, threads=3, log=log)
    said = json.loads(stream.getvalue())
    assert (said["event"], said["host"], said["port"]) == ("service.started", "127.0.0.1", 0)
    options, served = started
    assert options["target"] == "shop:create_wsgi"
    assert (options["factory"], options["workers"], options["blocking_threads"]) == (True, 1, 3)
    assert (options["backpressure"], options["workers_kill_timeout"]) == (4096, 25)
    assert served == {"served": True}


def test_a_taken_port_is_said_in_one_line_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(CannotListenError) as refused:
            server.serve("shop:create_wsgi", host="127.0.0.1", port=port, threads=1)
    assert str(refused.value) == f"port {port} is taken; choose another: PORT={port + 1}"


def test_an_address_that_cannot_be_used_is_named() -> None:
    with pytest.raises(CannotListenError, match=r"203\.0\.113\.1:8080 cannot be listened on: "):
        server.serve("shop:create_wsgi", host="203.0.113.1", port=8080, threads=1)


class FakeWorker:
    def _id(self) -> int:
        return os.getpid()


@pytest.fixture
def draining() -> Iterator[tuple[server.DrainingGranian, list[str]]]:
    """Give a server whose worker is this process, and what it is told."""
    before = signal.getsignal(server.DRAIN_SIGNAL)
    told: list[str] = []
    server.when_draining(lambda: told.append("drain"))
    made = server.DrainingGranian("shop:create_wsgi", interface=Interfaces.WSGI)
    made.wrks = [FakeWorker()]  # type: ignore[list-item]  # all that is asked of one
    yield made, told
    signal.signal(server.DRAIN_SIGNAL, before)


def test_sigterm_tells_the_worker_to_drain_and_stops_after_a_while(
    draining: tuple[server.DrainingGranian, list[str]],
) -> None:
    made, told = draining
    made.drain_seconds = 0.05
    made.signal_handler_interrupt(signal.SIGTERM, None)
    assert told == ["drain"]
    assert made.main_loop_interrupt.wait(timeout=20)
    assert made.interrupt_signal


def test_a_second_sigterm_and_any_sigint_stop_at_once(
    draining: tuple[server.DrainingGranian, list[str]],
) -> None:
    made, told = draining
    made.drain_seconds = 600
    made.signal_handler_interrupt(signal.SIGTERM, None)
    stops = [bool(made.interrupt_signal)]
    made.signal_handler_interrupt(signal.SIGTERM, None)
    stops.append(bool(made.interrupt_signal))
    made.interrupt_signal, made.drain_seconds = False, 600
    made.signal_handler_interrupt(signal.SIGINT, None)
    stops.append(bool(made.interrupt_signal))
    assert stops == [False, True, True]
    assert told == ["drain"]
