import socket
import threading
from typing import TYPE_CHECKING

import pytest

from churn_contract.schema import CustomerSchema, Field, demo_schema
from churn_contract.validation import Validator
from churn_loadtests.target import TargetError, fault, fetch_schema, request_bodies

if TYPE_CHECKING:
    from loadtests.tests.conftest import Target

OWN = CustomerSchema("own", fields=(Field(name="n", kind="number", minimum=0, maximum=1),))


def test_the_schema_of_the_target_is_fetched_with_the_key(target: "Target") -> None:
    target.schema = (200, OWN.to_json())
    assert fetch_schema(target.url, "k1") == OWN
    assert target.keys == ["k1"]


def test_without_a_key_none_is_sent(target: "Target") -> None:
    target.schema = (200, OWN.to_json())
    fetch_schema(target.url, "")
    assert target.keys == [None]


def test_a_target_that_serves_no_schema_gets_demo_customers(target: "Target") -> None:
    assert fetch_schema(target.url, "") == demo_schema()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, b""), "LOADTEST_API_KEY_FILE"),
        ((403, b""), "LOADTEST_API_KEY_FILE"),
        ((503, b""), "answered 503"),
        ((200, b"<html>"), "not a schema that we know"),
    ],
)
def test_a_target_that_cannot_be_loaded_names_cause_and_cure(
    target: "Target", answer: tuple[int, bytes], words: str
) -> None:
    target.schema = answer
    with pytest.raises(TargetError, match=words):
        fetch_schema(target.url, "secret-key")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_target_that_is_not_up_says_so(scheme: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"{scheme}://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(TargetError, match="is it up"):
            fetch_schema(url, "")


def test_bodies_are_valid_customers_and_not_more_than_needed() -> None:
    bodies = request_bodies(demo_schema(), seed=1, count=7)
    assert len(bodies) == 7
    Validator(demo_schema()).decode(f"[{','.join(bodies)}]".encode())
    assert len(request_bodies(OWN, seed=1, count=9_000)) == 5_000
    assert request_bodies(OWN, seed=1, count=7) == request_bodies(OWN, seed=1, count=7)


@pytest.mark.parametrize(
    ("status", "content", "words"),
    [
        (200, b'{"churn_probability": 0.5}', None),
        (200, b'{"churn_probability": 0}', None),
        (200, b'{"churn_probability": 1.5}', "no probability"),
        (200, b'{"churn_probability": "high"}', "no probability"),
        (200, b'{"churn": true}', "no probability"),
        (200, b"[]", "no probability"),
        (200, b"<html>", "no probability"),
        (200, None, "no probability"),
        (0, None, "no answer"),
        (503, b"", "status 503"),
        (201, b'{"churn_probability": 0.5}', "status 201"),
    ],
)
def test_only_a_probability_is_a_good_answer(
    status: int, content: bytes | None, words: str | None
) -> None:
    found = fault(status, content)
    assert (found or "").startswith(words or "")
    assert (found is None) == (words is None)


def test_an_answer_that_is_no_http_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        answering = threading.Thread(target=_answer, args=(server, b"SMTP ready\r\n"))
        answering.start()
        with pytest.raises(TargetError, match="nobody answers"):
            fetch_schema(url, "")
        answering.join()


def _answer(server: socket.socket, line: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(line)
