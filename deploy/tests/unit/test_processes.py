import socket
import sys
from pathlib import Path

import pytest

from bootstrap import processes
from bootstrap.console import SetupError
from bootstrap.processes import Processes, free_port, wait_for

SERVER = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


def test_a_taken_port_gives_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]

        assert free_port(taken) != taken
    assert free_port(taken) == taken


def test_a_child_is_waited_for_and_stopped(tmp_path: Path) -> None:
    children, port = Processes(tmp_path), free_port(0)
    children.start("server", [sys.executable, "-c", SERVER, str(port)], {})
    try:
        children.wait_until_ready("server", f"http://127.0.0.1:{port}/health/ready")
    finally:
        children.stop()

    assert not processes.answers(f"http://127.0.0.1:{port}/health/ready")


def test_a_child_that_dies_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    children = Processes(tmp_path)
    children.start("broken", [sys.executable, "-c", "raise SystemExit('CHURN_X is missing')"], {})

    with pytest.raises(SetupError, match=r"(?s)broken ended with exit code 1.*CHURN_X is missing"):
        children.wait_until_ready("broken", "http://127.0.0.1:1/health/ready")

    assert children.wait_until_one_ends() == "broken"


def test_a_child_that_ignores_the_request_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    children, ready = Processes(tmp_path), tmp_path / "ready"
    deaf = "import signal,time,sys;signal.signal(15,lambda *_:0);"
    deaf += "open(sys.argv[1],'w').close();time.sleep(60)"
    children.start("deaf", [sys.executable, "-c", deaf, str(ready)], {})
    wait_for("start", ready.exists, 10)

    children.stop()

    assert "deaf did not end by itself" in capsys.readouterr().out


def test_a_condition_that_never_holds_is_named() -> None:
    with pytest.raises(SetupError, match="the tide did not happen within 0 s"):
        wait_for("the tide", lambda: False, 0)
