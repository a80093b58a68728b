"""The page on Arrow and Parquet: its code runs as it stands."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "score-arrow-and-parquet.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


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


def test_the_code_of_the_page_says_what_it_says(address: str, tmp_path: Path) -> None:
    for package in ("pandas", "duckdb"):
        pytest.importorskip(package)
    code = "\n".join(BLOCK.findall(PAGE.read_text())).replace("127.0.0.1:8080", address)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "['customer_id', 'churn_probability', 'churn'] 5",
        "True",
        "True",
        "(5, 3)",
        "[(3, True)]",
        "422 ['/1/tenure', '/3/tenure']",
        "2 2",
        "tenure must be a number from 0 to 792 months",
        "True",
    ]
