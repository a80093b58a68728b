"""Commands to copy from the pages: they run elsewhere and get the score of the page."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Validator
from churn_service.web.commands import commands_for, public_address, record_of

AWKWARD = CustomerSchema(
    name="gym",
    fields=(
        Field(name="it's_a_$fee", kind="number", minimum=-5, maximum=99, highest=60),
        Field(name="name", kind="category", levels=("o'neill", '"hi"', "käse"), unknown="other"),
        Field(name="sauna", kind="boolean", levels=("0", "1"), nullable=True),
        Field(name="visits", kind="number", minimum=0, maximum=9.5, highest=9.5, nullable=True),
    ),
)  # fmt: skip
MEMBER = {"it's_a_$fee": "7.25", "name": "o'neill $(rm) `x` \\", "sauna": "yes", "visits": ""}


@pytest.fixture
def gym(publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]) -> Any:
    publisher.publish(make_document(AWKWARD))
    running = make_service(publisher.root)
    running.registry.refresh()
    return running


@pytest.fixture
def client(gym: Any) -> FlaskClient:
    found: FlaskClient = gym.client
    return found


def shown(page: str, language: str) -> str:
    found = re.search(rf'id="as-{language}">(.*?)</code>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def run(*command: str) -> Any:
    environment = os.environ | {"KEY": "chk_test_key"}
    done = subprocess.run(command, capture_output=True, check=True, env=environment, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("path", "field"), [("/score", "churn"), ("/what-if", "what_if_note")])
@pytest.mark.parametrize("language", ["curl", "python"])
def test_the_shown_command_runs_and_scores_this_customer(
    gym: Any, address: str, path: str, field: str, language: str
) -> None:
    if language == "curl" and shutil.which("curl") is None:
        pytest.skip("needs curl")
    page = gym.client.post(path, data=MEMBER, base_url=address).text
    text = shown(page, language)
    command = ("sh", "-c", text) if language == "curl" else (sys.executable, "-c", text)
    answer = run(*command)
    percent = round(100 * answer["churn_probability"])
    assert field in answer
    assert re.search(rf"\b{percent}&nbsp;%", page)
    assert "chk_test_key" not in text


@pytest.mark.parametrize("text", ["curl", "python"])
def test_the_key_is_read_from_a_variable(text: str) -> None:
    commands = commands_for("https://churn.example/predict", {})
    assert "X-API-Key" in getattr(commands, text)
    assert "KEY" in getattr(commands, text)


def test_a_record_reads_as_the_same_customer() -> None:
    validator = Validator(AWKWARD)
    customer = validator.check_text(MEMBER)
    record = record_of(AWKWARD, customer)
    assert validator.check(record).values == customer.values
    assert (record["sauna"], record["visits"]) == (1, None)


@pytest.mark.parametrize(
    ("headers", "setting", "address"),
    [
        ({}, "", "http://localhost"),
        ({"Host": "churn.example:8443", "X-Forwarded-Proto": "https"}, "", "https://churn.example:8443"),
        ({"Host": "[::1]:8080", "X-Forwarded-Proto": "gopher"}, "", "http://[::1]:8080"),
        ({"Host": "x';rm"}, "", "http://localhost"),
        ({"Host": "inside:1"}, "https://churn.example/", "https://churn.example"),
    ],
)  # fmt: skip
def test_the_address_is_the_one_that_callers_use(
    gym: Any, headers: dict[str, str], setting: str, address: str
) -> None:
    with gym.app.test_request_context("/score", headers=headers):
        assert public_address(setting) == address
