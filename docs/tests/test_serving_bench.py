"""What the bench of serving measures with is right before a figure is."""

import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.serving import rivals
from benchmarks.serving.client import Connection, Request, WrongAnswerError
from benchmarks.serving.cost import Asked, cpu_seconds_per_request
from benchmarks.serving.process import NotStartedError, Server, free_port
from benchmarks.serving.rivals.all import RIVALS

SPINNING = """
import sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
class Spin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        until = time.process_time() + float(sys.argv[2])
        while time.process_time() < until:
            pass
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
HTTPServer(("127.0.0.1", int(sys.argv[1])), Spin).serve_forever()
"""


class Chunked(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/good" else 422)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chunked) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def spinning(tmp_path: Path, seconds: float) -> Server:
    port = free_port()
    command = [sys.executable, "-c", SPINNING, str(port), str(seconds)]
    server = Server(command, port, tmp_path / f"{port}.log")
    server.wait()
    return server


def test_a_server_that_works_more_costs_more(tmp_path: Path) -> None:
    servers = {"little": spinning(tmp_path, 0.0), "much": spinning(tmp_path, 0.02)}
    request = Request("/predict", b"{}")

    cost = cpu_seconds_per_request(
        {name: Asked(server, request, 10, 1) for name, server in servers.items()}, rounds=3
    )
    for server in servers.values():
        server.stop()

    assert cost["much"] > 0.015 > cost["little"]


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no model here')"]
    server = Server(command, free_port(), tmp_path / "log")

    with pytest.raises(NotStartedError, match="no model here"):
        server.wait()
    server.stop()


def test_an_answer_in_chunks_is_read_to_its_end(port: int) -> None:
    connection = Connection(port)

    assert connection.send(Request("/good", b"{}"), 3) == b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    connection.close()


def test_an_answer_that_is_not_200_stops_the_measurement(port: int) -> None:
    connection = Connection(port)

    with pytest.raises(WrongAnswerError, match="422"):
        connection.send(Request("/bad", b"{}"))
    connection.close()


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_a_rival_is_pinned_and_its_program_is_there(rival) -> None:
    assert all("==" in package for package in rival.packages)
    assert Path(rivals.__file__).with_name(rival.program).exists()
    assert b"churn" not in rival.request(b'{"contract":"one_year"}').body[:20]
