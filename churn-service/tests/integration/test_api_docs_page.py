"""docs/how-to/use-the-api-docs.md: what it states is executed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

PAGE = Path(__file__).parents[3] / "docs/how-to/use-the-api-docs.md"
TEXT = PAGE.read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)


def run(folder: Path, *command: str) -> str:
    environment = os.environ | {"KEY": "chk_test_key"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    return done.stdout


@pytest.mark.parametrize("path", re.findall(r"^\| `(/[^`]+)` \|", TEXT, re.MULTILINE))
def test_every_named_page_is_there(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_the_description_is_fetched_once_and_customers_are_checked(
    address: str, tmp_path: Path
) -> None:
    (_, fetch), (_, check), (_, printed) = BLOCKS
    fetch = fetch.replace("http://127.0.0.1:8080", address).replace(
        "curl ", "curl -w '%{http_code}' "
    )
    assert run(tmp_path, "sh", "-c", fetch) == "200"
    assert run(tmp_path, "sh", "-c", fetch) == "304"
    assert run(tmp_path, sys.executable, "-W", "ignore::ResourceWarning", "-c", check) == printed


def test_what_the_page_says_of_extensions_is_so(client: FlaskClient) -> None:
    text = client.get("/openapi.json").text
    for word in ("x-unit", "x-training-range", "x-status"):
        assert f"`{word}`" in TEXT
        assert f'"{word}"' in text


def test_internal_routes_cannot_be_tried(client: FlaskClient) -> None:
    page = client.get("/docs").text
    assert page.count("Only inside the network") == 3
    assert 'data-path="/metrics"' not in page
