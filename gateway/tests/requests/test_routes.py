import re
from pathlib import Path
from typing import Any

import pytest

from gateway_keys.routes.table import OWN, PUBLIC, Route, read_routes

ROUTES = read_routes(Path(__file__).resolve().parents[2] / "routes.toml")
KEYED = [route for route in ROUTES if not route.is_public]
PROXIED = [route for route in ROUTES if route.class_name != OWN]
EVERY_METHOD = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SAMPLES = {
    "id": "demo-2026-11",
    "customer": "7590-VHVEG",
    "version": "0123456789ab",
    "import": "imp_1",
    "model": "churn",
    "job": "job_1",
    "rest": "css/pico.min.css",
    "problem": "key-missing",
}
UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}
REFUSED = ["malformed", "unknown", "expired", "disabled", "revoked"]

calls = [(route, method) for route in KEYED for method in route.scopes]
proxied = [(route, method) for route in PROXIED for method in route.scopes]


def name_of(value: Any) -> str:
    return value.name if isinstance(value, Route) else str(value)


def path_of(route: Route) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: SAMPLES[found[1]], route.path)


def key_of(kind: str, keys: Any) -> str:
    fixed = {"malformed": "chk_live_short", "unknown": "chk_live_" + "A" * 38}
    return fixed.get(kind) or keys[kind][1]


def limit_of(route: Route) -> int:
    return int(route.body[:-1]) * UNITS[route.body[-1]]


@pytest.mark.parametrize(("route", "method"), calls, ids=name_of)
def test_a_call_without_a_key_is_refused(
    door: Any, recorder: Any, route: Route, method: str
) -> None:
    answer = door.ask(method, path_of(route))
    if route.class_name == "page":
        assert answer.status == 303
        assert answer.headers["location"] == f"/sign-in?next={path_of(route)}"
    else:
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="retention"'
        assert method == "HEAD" or answer.problem == "key-missing"
    assert recorder.seen() == []


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize(("route", "method"), calls, ids=name_of)
def test_a_call_with_a_bad_key_is_refused(
    door: Any, recorder: Any, made_keys: Any, route: Route, method: str, kind: str
) -> None:
    answer = door.ask(method, path_of(route), X_API_Key=key_of(kind, made_keys))
    assert answer.status == 401
    assert answer.headers["www-authenticate"].endswith('error="invalid_token"')
    assert method == "HEAD" or answer.problem == f"key-{kind}"
    assert recorder.seen() == []


@pytest.mark.parametrize(("route", "method"), calls, ids=name_of)
def test_a_call_with_another_scope_is_refused(
    door: Any, recorder: Any, made_keys: Any, route: Route, method: str
) -> None:
    needed = route.scopes[method]
    other = "models:read" if needed == "predict" else "predict"
    answer = door.ask(method, path_of(route), X_API_Key=made_keys[other][1])
    assert answer.status == 403
    assert answer.headers["www-authenticate"].endswith(
        f'error="insufficient_scope", scope="{needed}"'
    )
    assert method == "HEAD" or answer.problem == "scope-missing"
    assert recorder.seen() == []


@pytest.mark.parametrize(("route", "method"), proxied, ids=name_of)
def test_a_call_with_its_scope_reaches_the_service_clean(
    door: Any, recorder: Any, made_keys: Any, route: Route, method: str
) -> None:
    scope = route.scopes[method]
    key_id, key = made_keys.get(scope, ("", ""))
    credential = {"Authorization": f"Bearer {key}"} if key else {}
    answer = door.ask(method, path_of(route) + "?a=1&b=%20", X_Key_Id="k_forged", **credential)
    assert answer.status == 200
    (seen,) = recorder.seen()
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert (seen["method"], seen["path"]) == (method, path_of(route) + "?a=1&b=%20")
    assert headers.get("x-key-id", "") == key_id
    assert headers.get("x-key-scopes", "") == ("" if scope == PUBLIC else scope)
    assert headers.get("x-key-owner", "") == ("ann" if key else "")
    assert headers["x-request-id"] == answer.headers["x-request-id"]
    assert re.fullmatch(r"\d+\.\d{3}", headers["x-request-start"])
    assert "authorization" not in headers


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_every_other_method_is_refused_with_the_allowed_ones(
    door: Any, recorder: Any, made_keys: Any, route: Route
) -> None:
    for method in sorted(EVERY_METHOD - set(route.scopes)):
        answer = door.ask(method, path_of(route), X_API_Key=made_keys["demo"][1])
        assert answer.status == 405, method
        assert answer.headers["allow"] == ", ".join(sorted(route.scopes))
        assert method == "HEAD" or answer.problem == "method-not-allowed"
    assert recorder.seen() == []


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_body_above_the_limit_is_refused_before_anything_else(
    door: Any, recorder: Any, route: Route
) -> None:
    method = max(route.methods)
    too_long = str(limit_of(route) + 1)
    answer = door.ask(method, path_of(route), content_length=too_long)
    assert answer.status == 413
    assert answer.problem == "body-too-large"
    assert recorder.seen() == []


@pytest.mark.parametrize("route", KEYED, ids=name_of)
def test_a_body_at_the_limit_meets_the_key_check(door: Any, route: Route) -> None:
    method = max(route.methods)
    answer = door.ask(method, path_of(route), content_length=str(limit_of(route)))
    assert answer.status == 303 or answer.problem == "key-missing"


@pytest.mark.parametrize("chunk", [64 * 1024, 64 * 1024 + 1])
def test_a_chunked_body_meets_its_limit_too(
    door: Any, recorder: Any, made_keys: Any, chunk: int
) -> None:
    head = (
        "POST /v1/campaigns/demo/launch HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"X-API-Key: {made_keys['campaigns:send'][1]}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = f"{chunk:x}\r\n".encode() + b"a" * chunk + b"\r\n0\r\n\r\n"
    answer = door.send(head.encode() + body)
    assert answer.status == (200 if chunk == 64 * 1024 else 413)
    assert len(recorder.seen()) == (1 if answer.status == 200 else 0)


UNKNOWN = [
    "/",
    "/nope",
    "/predict/x",
    "/v1",
    "/v1/keys",
    "/metrics",
    "/problem",
    "/v2/models",
    "/v2/models/churn/infer/x",
    "/v1/models/churn",
    "/v1/models/Churn:predict",
    "/jobs/a/b",
    "/health",
    "/nginx.conf",
    "/v1/campaigns/UPPER",
    "/v1/campaigns/a/delete",
    "/upstream-ready/churn-service",
    "/problems/no-such-problem",
]


@pytest.mark.parametrize("path", [*UNKNOWN, "/v1/campaigns/" + "a" * 65])
def test_everything_else_does_not_exist(
    door: Any, recorder: Any, made_keys: Any, path: str
) -> None:
    answer = door.ask("GET", path, X_API_Key=made_keys["demo"][1])
    assert (answer.status, answer.problem) == (404, "no-such-route")
    assert recorder.seen() == []


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nope", 404)])
def test_a_browser_without_a_route_gets_a_page_that_leads_on(
    door: Any, recorder: Any, path: str, status: int
) -> None:
    answer = door.ask("GET", path, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert answer.status == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b'href="/score"' in answer.body
    assert b'href="/mailbox"' in answer.body
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert recorder.seen() == []


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_browser_that_changes_something_without_a_route_gets_the_problem(
    door: Any, method: str
) -> None:
    answer = door.ask(method, "/nope", Accept="text/html")
    assert (answer.status, answer.problem) == (404, "no-such-route")
