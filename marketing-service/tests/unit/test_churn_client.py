import json
from typing import Any

import pytest

from churn_contract.schema import demo_schema
from marketing_service.churn_client import (
    ChurnClient,
    ChurnRefusedError,
    ChurnUnavailableError,
    ModelChangedError,
    Pin,
)
from marketing_service.http_limits import ReplyTooLargeError, UpstreamUnavailableError
from marketing_service.http_policy import Call, Reply

SCHEMA = demo_schema()
HEADERS = {"X-Model-Version": "v1", "X-Schema-Digest": SCHEMA.digest}
PIN = Pin("v1", SCHEMA.digest)
RECORDS: list[dict[str, object]] = [{"id": "a"}, {"id": "b"}]


class ScriptedPolicy:
    """Gives its answers in order and keeps the calls."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self._answers = list(answers)
        self.calls: list[Call] = []

    def send(self, call: Call) -> Reply:
        self.calls.append(call)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def client_of(*answers: Reply | Exception, key: str | None = None) -> ChurnClient:
    policy = ScriptedPolicy(*answers)
    client = ChurnClient(policy, "http://churn/", key)  # type: ignore[arg-type]  # a fake
    client.calls = policy.calls  # type: ignore[attr-defined]  # for the assertions
    return client


def prediction(customer_id: str, p: float = 0.5, version: str = "v1") -> dict[str, object]:
    return {
        "churn_probability": p,
        "churn": p > 0.5,
        "model_version": version,
        "threshold": 0.5,
        "customer_id": customer_id,
    }


def reply(*rows: dict[str, object], **headers: str) -> Reply:
    return Reply(200, HEADERS | headers, json.dumps(rows).encode())


def refusal(*pointers: str) -> Reply:
    errors = [
        {"pointer": pointer, "field": "tenure", "code": "out-of-range", "detail": "no"}
        for pointer in pointers
    ]
    problem = {"type": "/problems/x", "title": "Bad", "status": 422, "errors": errors}
    return Reply(422, {}, json.dumps(problem).encode())


def test_probabilities_come_back_in_the_order_of_the_question() -> None:
    scored = client_of(reply(prediction("a", 0.25), prediction("b", 0.75))).predict(RECORDS, "id")
    assert scored.probabilities == (0.25, 0.75)
    assert (scored.refusals, scored.pin) == ({}, PIN)


def test_the_key_a_trace_and_json_are_sent() -> None:
    client = client_of(reply(prediction("a"), prediction("b")), key="chk_live_x")
    client.predict(RECORDS, "id")
    call = client.calls[0]  # type: ignore[attr-defined]  # see client_of
    assert (call.method, call.url) == ("POST", "http://churn/predict")
    assert call.headers["X-API-Key"] == "chk_live_x"
    assert call.headers["Content-Type"] == "application/json"
    assert len(call.headers["traceparent"]) == 55
    assert json.loads(call.body or b"") == RECORDS


def test_without_a_key_none_is_sent() -> None:
    client = client_of(reply(prediction("a"), prediction("b")))
    client.predict(RECORDS, "id")
    assert "X-API-Key" not in client.calls[0].headers  # type: ignore[attr-defined]  # see client_of


def test_a_refused_customer_is_named_and_the_others_are_scored() -> None:
    scored = client_of(refusal("/0/tenure"), reply(prediction("b", 0.75))).predict(RECORDS, "id")
    assert scored.probabilities == (None, 0.75)
    assert scored.refusals == {0: "tenure: out-of-range"}


def test_positions_of_a_second_refusal_are_those_of_the_first_question() -> None:
    answers = (refusal("/0/tenure"), refusal("/0/tenure"), reply())
    scored = client_of(*answers).predict(RECORDS, "id")
    assert scored.probabilities == (None, None)
    assert sorted(scored.refusals) == [0, 1]


def test_the_pin_of_the_first_page_is_kept() -> None:
    answer = reply(prediction("a"), prediction("b"))
    assert client_of(answer).predict(RECORDS, "id", PIN).pin == PIN


@pytest.mark.parametrize(
    ("pin", "what"),
    [(Pin("v0", SCHEMA.digest), "model version"), (Pin("v1", "other"), "schema")],
)
def test_another_model_than_the_plans_is_noticed(pin: Pin, what: str) -> None:
    answer = reply(prediction("a"), prediction("b"))
    with pytest.raises(ModelChangedError, match=what):
        client_of(answer).predict(RECORDS, "id", pin)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(prediction("a")), "1 predictions for 2"),
        (reply(prediction("b"), prediction("a")), "another order"),
        (reply(prediction("a"), prediction("b", version="v2")), "two model versions"),
        (reply(prediction("a"), prediction("b", p=1.5)), "outside 0 to 1"),
        (Reply(200, HEADERS, b'[{"churn'), "no complete list"),
        (Reply(200, {}, b"[]"), "lacks X-Model-Version"),
        (Reply(302, {}, b""), "answered 302"),
        (Reply(401, {}, b""), "MARKETING_CHURN_API_KEY_FILE"),
        (Reply(404, {}, b"<html>"), "Check MARKETING_CHURN_URL"),
        (refusal(), "answered 422"),
        (refusal("/7/tenure", "nonsense"), "answered 422"),
        (ReplyTooLargeError("too long"), "cannot be used: too long"),
    ],
)
def test_replies_that_do_not_fit_the_question_are_refused(
    answer: Reply | Exception, words: str
) -> None:
    with pytest.raises(ChurnRefusedError, match=words):
        client_of(answer).predict(RECORDS, "id")


def test_a_service_that_is_away_is_named_with_its_cure() -> None:
    with pytest.raises(ChurnUnavailableError, match=r"did not answer: nobody there.*CHURN_URL"):
        client_of(UpstreamUnavailableError("nobody there")).predict(RECORDS, "id")


def test_without_an_id_field_only_the_number_is_checked() -> None:
    answer = reply(*[row | {"customer_id": None} for row in (prediction("a"), prediction("b"))])
    assert client_of(answer).predict([{}, {}], None).probabilities == (0.5, 0.5)


def schema_reply(body: bytes, **headers: str) -> Reply:
    return Reply(200, HEADERS | headers, body)


def test_the_served_schema_is_read_with_its_digest() -> None:
    model = client_of(schema_reply(SCHEMA.to_json())).live_model()
    assert (model.schema, model.schema_digest, model.model_version) == (SCHEMA, *PIN[::-1])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (schema_reply(b"{}"), "cannot read"),
        (schema_reply(SCHEMA.to_json(), **{"X-Schema-Digest": "other"}), "does not fit its digest"),
        (Reply(503, {}, b'{"type":"x","title":"No model","status":503}'), "Train a model"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(answer: Reply, words: str) -> None:
    with pytest.raises(ChurnRefusedError, match=words):
        client_of(answer).live_model()


def test_a_reason_without_a_field_is_its_code() -> None:
    error: dict[str, Any] = {"pointer": "/0", "field": "", "code": "wrong-shape", "detail": ""}
    body = json.dumps({"type": "x", "title": "t", "status": 422, "errors": [error]}).encode()
    scored = client_of(Reply(422, {}, body), reply(prediction("b"))).predict(RECORDS, "id")
    assert scored.refusals == {0: "wrong-shape"}
