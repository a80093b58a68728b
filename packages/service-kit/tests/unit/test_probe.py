"""The probe: ready, not ready, nobody there; at the port the service listens on."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from service_kit import health as health_module
from service_kit import probe
from service_kit.health import Health, health_wsgi
from service_kit.metrics import Metrics


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(health: Health) -> Iterator[WSGIServer]:
    with make_server("127.0.0.1", 0, health_wsgi(health, Metrics()), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_ready_service_is_told_from_one_that_drains(health: Health, served: WSGIServer) -> None:
    port = str(served.server_port)
    assert probe.is_ready({"PORT": port, "AIP_HTTP_PORT": "1"})
    assert probe.is_ready({"PORT": "", "AIP_HTTP_PORT": port})
    health.drain()
    assert not probe.is_ready({"PORT": port})


def test_nobody_there_is_not_ready() -> None:
    assert not probe.is_ready({"PORT": "1"})


def test_the_command_says_it_with_its_exit_code_and_loads_no_framework() -> None:
    command = [sys.executable, "-m", "service_kit.probe"]
    assert subprocess.run(command, env={"PORT": "1"}, check=False).returncode == 1
    code = "import sys, service_kit.probe; sys.exit('flask' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_it_asks_where_the_service_answers() -> None:
    assert probe._READY_PATH == health_module.READY_PATH
