import re
from typing import Any

import pytest

ALL_ZERO_TRACE = "00-" + "0" * 32 + "-1234567890abcdef-01"
ALL_ZERO_SPAN = "00-1234567890abcdef1234567890abcdef-" + "0" * 16 + "-01"
GOOD_TRACE = "00-1234567890abcdef1234567890abcdef-1234567890abcdef-01"
SPOOFED = [
    "X-Key-Id",
    "X_Key_Id",
    "X-Key-Scopes",
    "X-Key-Owner",
    "X-Request-Id",
    "X-Request-Start",
    "Forwarded",
    "X-Original-URL",
    "X-HTTP-Method-Override",
    "X-Forwarded-Host",
    "Cookie",
    "Via",
    "Referer",
    "X-Real-IP",
    "Proxy",
    "Connection-Extra",
]


def headers_of(recorder: Any) -> dict[str, str]:
    (seen,) = recorder.seen()
    return {name.lower(): value for name, value in seen["headers"]}


@pytest.mark.parametrize("name", SPOOFED)
def test_a_header_that_is_not_on_the_list_never_reaches_a_service(
    door: Any, recorder: Any, made_keys: Any, name: str
) -> None:
    data = (
        f"GET /schema HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{name}: spoofed\r\n"
        f"X-API-Key: {made_keys['predict'][1]}\r\n\r\n"
    )
    assert door.send(data.encode()).status == 200
    assert "spoofed" not in headers_of(recorder).values()


@pytest.mark.parametrize(
    "name",
    [
        "Content-Type",
        "Content-Encoding",
        "Accept",
        "Accept-Language",
        "If-None-Match",
        "Inference-Header-Content-Length",
        "Prefer",
        "Idempotency-Key",
        "X-Amzn-SageMaker-Custom-Attributes",
    ],
)
def test_a_header_on_the_list_reaches_the_service(
    door: Any, recorder: Any, made_keys: Any, name: str
) -> None:
    door.ask("POST", "/predict", b"{}", X_API_Key=made_keys["predict"][1], **{name: "wanted"})
    assert headers_of(recorder)[name.lower()] == "wanted"


def test_a_body_arrives_whole(door: Any, recorder: Any, made_keys: Any) -> None:
    door.ask("POST", "/predict", b"a" * 3_000_000, X_API_Key=made_keys["predict"][1])
    (seen,) = recorder.seen()
    assert seen["bytes"] == 3_000_000


@pytest.mark.parametrize(
    ("path", "scope"), [("/v1/imports", "customers:write"), ("/jobs", "predict")]
)
def test_an_upload_is_streamed_whole(
    door: Any, recorder: Any, made_keys: Any, path: str, scope: str
) -> None:
    door.ask("POST", path, b"a" * 3_000_000, X_API_Key=made_keys[scope][1])
    (seen,) = recorder.seen()
    assert seen["bytes"] == 3_000_000


@pytest.mark.parametrize("path", ["/v2/models/churn/infer", "/invocations"])
def test_a_body_without_a_type_reaches_the_service_without_one(
    door: Any, recorder: Any, made_keys: Any, path: str
) -> None:
    answer = door.ask("POST", path, b"{}", X_API_Key=made_keys["predict"][1])
    assert answer.status == 200
    assert "content-type" not in headers_of(recorder)


@pytest.mark.parametrize("trace", ["", "junk", ALL_ZERO_TRACE, ALL_ZERO_SPAN, GOOD_TRACE + "-x"])
def test_a_missing_or_bad_trace_is_replaced_by_one_of_the_request_id(
    door: Any, recorder: Any, trace: str
) -> None:
    answer = door.ask("GET", "/ping", traceparent=trace)
    number = answer.headers["x-request-id"]
    assert headers_of(recorder)["traceparent"] == f"00-{number}-{number[:16]}-01"


def test_a_good_trace_is_kept(door: Any, recorder: Any) -> None:
    door.ask("GET", "/ping", traceparent=GOOD_TRACE)
    assert headers_of(recorder)["traceparent"] == GOOD_TRACE


def test_every_answer_has_one_request_id_and_it_is_ours(door: Any, recorder: Any) -> None:
    first = door.ask("GET", "/ping", X_Request_Id="mine").headers["x-request-id"]
    second = door.ask("GET", "/ping").headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second
    assert [dict(seen["headers"])["X-Request-Id"] for seen in recorder.seen()] == [first, second]


@pytest.mark.parametrize("status", [400, 404, 409, 422, 429, 500, 503])
def test_a_services_own_error_passes_untouched(
    door: Any, recorder: Any, made_keys: Any, status: int
) -> None:
    recorder.behave(status=status)
    answer = door.ask("POST", "/predict", b"{}", X_API_Key=made_keys["predict"][1])
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert len(recorder.seen()) == 1


def test_a_service_that_resets_is_a_502(door: Any, recorder: Any, made_keys: Any) -> None:
    recorder.behave(reset=True)
    answer = door.ask("POST", "/v1/outcomes", b"[]", X_API_Key=made_keys["outcomes:write"][1])
    assert (answer.status, answer.problem) == (502, "upstream-unavailable")
    assert answer.headers["retry-after"] == "1"


def test_a_write_is_sent_once_only(door: Any, recorder: Any, made_keys: Any) -> None:
    recorder.behave(reset=True)
    door.ask("POST", "/v1/outcomes", b"[]", X_API_Key=made_keys["outcomes:write"][1])
    assert len(recorder.seen()) == 1


@pytest.mark.slow
def test_a_service_that_hangs_is_a_504(door: Any, recorder: Any, made_keys: Any) -> None:
    recorder.behave(hang=True)
    answer = door.ask("POST", "/predict", b"{}", X_API_Key=made_keys["predict"][1])
    assert (answer.status, answer.problem) == (504, "upstream-timeout")


def test_ready_follows_the_services(door: Any, stack: Any, recorder: Any) -> None:
    del stack
    assert door.ask("GET", "/health/ready").status == 200
    recorder.behave(status=503)
    answer = door.ask("GET", "/health/ready")
    assert answer.status == 503
    assert b'"waiting":["churn-service","marketing-service"]' in answer.body
