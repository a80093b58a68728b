"""docs/how-to/score-a-big-file.md: its commands run, one after the other."""

import csv
import itertools
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

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema

PAGE = Path(__file__).parents[3] / "docs/how-to/score-a-big-file.md"
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
ROWS = 300


@pytest.fixture
def folder(tmp_path: Path, schema: CustomerSchema) -> Path:
    customers = list(itertools.islice(sample_customers(schema, seed=4), ROWS))
    with (tmp_path / "customers.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(customers[0]))
        writer.writeheader()
        writer.writerows(customers)
    return tmp_path


@pytest.fixture
def address(
    folder: Path, model_root: Path, make_service: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    monkeypatch.setenv("CHURN_MODEL_ROOT", str(model_root))
    monkeypatch.setenv("CHURN_JOBS_FOLDER", str(folder / "jobs"))
    service = make_service(model_root, jobs_folder=folder / "jobs", data_folder=folder)
    service.registry.refresh()
    runner = service.app.extensions["jobs"].runner
    runner.start()
    server = make_server("127.0.0.1", 0, service.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    runner.stop()


def test_the_commands_of_the_page_run(address: str, folder: Path, model_root: Path) -> None:
    code = "\n".join(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "CHURN_MODEL_ROOT": str(model_root),
    }

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code.replace("127.0.0.1:8080", address)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )

    assert done.returncode == 0, done.stderr
    assert '"state":"done"' in done.stdout
    assert '"state":"queued"' in done.stdout
    assert done.stderr.count(f"{ROWS} customers scored") == 2
    scores = (folder / "scores.csv").read_text().splitlines()
    assert len(scores) == ROWS + 1
    assert len((folder / "scores.jsonl").read_text().splitlines()) == ROWS
    assert (folder / "scores.parquet").read_bytes().startswith(b"PAR1")
    assert (folder / "bad.csv").read_text() == "line,field,code,detail\n"
