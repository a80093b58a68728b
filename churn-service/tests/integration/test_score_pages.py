"""The pages on scoring: their commands run as they stand, and the reference is complete."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from churn_service.settings import Settings

DOCS = Path(__file__).resolve().parents[3] / "docs"
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def code_of(page: str, language: str) -> str:
    text = (DOCS / page).read_text().replace("127.0.0.1:8080", "$ADDRESS")
    return "\n".join(code for name, code in BLOCK.findall(text) if name == language)


@pytest.fixture
def address(model_root: Path, make_service: Callable[..., Any]) -> Iterator[str]:
    service = make_service(model_root)
    service.registry.refresh()
    server = make_server("127.0.0.1", 0, service.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def ran(command: list[str], address: str, folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "ADDRESS": address},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_of_the_curl_page_say_what_it_says(address: str, tmp_path: Path) -> None:
    one_line_each = 'curl() { command curl "$@"; echo; }\n'
    code = one_line_each + code_of("how-to/score-with-curl.md", "bash")

    told = ran(["bash", "-euo", "pipefail", "-c", code], address, tmp_path)

    assert told.count('"threshold":') == 9
    assert told.count("customer_id,churn_probability,churn,model_version\n") == 3
    assert "customer_id,churn_probability,churn,model_version,error\n" in told
    assert "X-Invalid-Rows: 1" in told
    assert "Preference-Applied: handling=lenient" in told
    assert '"pointer":"/1/tenure"' in told
    assert '"contributions":[' in told
    assert "-H 'Content-Type: application/json'" in told
    assert "\n[]\n" in told


def test_the_code_of_the_python_page_says_what_it_says(address: str, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    code = code_of("how-to/score-from-python.md", "python").replace("$ADDRESS", address)

    told = ran([sys.executable, "-W", "error", "-c", code], address, tmp_path)

    assert "['0', '1', '2', '3', '4']" in told
    assert "422 Some fields are wrong\n/1/tenure out-of-range must be a number" in told
    assert "1 bad: 1 /tenure" in told
    assert "adds up: True" in told
    assert "churn_probability" in told


def test_every_form_that_is_taken_is_described_and_no_other(service: Any) -> None:
    text = (DOCS / "reference/bodies.md").read_text()
    answer = service.client.post("/predict", data=b"", content_type="image/png")
    table = text.partition("## ")[0]
    described = re.findall(r"`((?:application|text)/[\w.+-]+)`", table)
    assert sorted(described) == sorted(answer.headers["Accept-Post"].split(", "))


def test_the_limits_are_the_ones_of_the_settings() -> None:
    text = (DOCS / "reference/bodies.md").read_text()
    assert f"`CHURN_MAX_ROWS`, {Settings().max_rows:,}" in text
    assert f"`CHURN_MAX_BODY_BYTES`, {Settings().max_body_bytes // 2**20} MiB" in text
