"""Every block of commands on the pages for clients runs, against a service of its own."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parents[3]
PAGES = [
    "clients-open-inference",
    "clients-mlflow-and-vertex",
    "deploy-to-sagemaker",
    "deploy-to-heroku-beanstalk-ec2",
]
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ADDRESS = "127.0.0.1:8080"


def blocks(language: str) -> list[Any]:
    found = []
    for page in PAGES:
        text = (ROOT / "docs/how-to" / f"{page}.md").read_text()
        codes = [code for name, code in BLOCK.findall(text) if name == language]
        if language == "bash":
            found += [pytest.param(code, id=f"{page}-{n}") for n, code in enumerate(codes)]
        elif codes:
            found.append(pytest.param(codes, id=page))
    return found


@pytest.fixture
def address(service: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, service.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("codes", blocks("python"))
def test_the_python_of_a_page_runs(codes: list[str], address: str, capsys: Any) -> None:
    names: dict[str, Any] = {}
    for code in codes:
        if "tritonclient" in code:
            pytest.importorskip("tritonclient.http")
        exec(code.replace(ADDRESS, address), names)  # noqa: S102 - the page is ours
        assert "True" in capsys.readouterr().out


@pytest.mark.parametrize("code", blocks("bash"))
def test_the_commands_of_a_page_run(
    code: str, address: str, gym_files: Any, tmp_path: Path
) -> None:
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TABLE": str(gym_files.data),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code.replace(ADDRESS, address)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert '"error"' not in done.stdout
