import base64
import hashlib
import hmac
import re
import subprocess
import time
from typing import Any
from urllib.parse import urlencode

import pytest

SAME = {"Sec_Fetch_Site": "same-origin"}
FORM = "application/x-www-form-urlencoded"


def sign_in(door: Any, key: str, next_path: str = "/score", **headers: str) -> Any:
    body = urlencode({"key": key, "next": next_path}).encode()
    return door.ask("POST", "/sign-in", body, Content_Type=FORM, **(headers or SAME))


def cookie_of(answer: Any) -> str:
    assert answer.status == 303, answer
    return str(answer.headers["set-cookie"].split(";")[0])


def forge(door: Any, key_id: str, expiry: float) -> str:
    """Make a cookie with the gateway's own secret."""
    read = ["docker", "exec", door.name, "base64", "-w0", "/run/gateway/session.secret"]
    secret = base64.b64decode(subprocess.run(read, capture_output=True, check=True).stdout)
    text = f"{'0' * 32}.{key_id}.{int(expiry)}"
    mac = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    return f"retention_session={text}.{mac}"


def test_the_form_asks_for_the_key_and_runs_no_script(door: Any) -> None:
    answer = door.ask("GET", "/sign-in?next=/mailbox")
    assert answer.status == 200
    assert b'type="password"' in answer.body
    assert b'value="/mailbox"' in answer.body
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert b"<script" not in answer.body
    assert b"@media (prefers-color-scheme:dark)" in answer.body


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/a/../b", '/"><b>'])
def test_the_form_leads_to_canonical_paths_of_this_site_only(door: Any, path: str) -> None:
    answer = door.ask("GET", "/sign-in?" + urlencode({"next": path}))
    assert b'value="/score"' in answer.body


def test_a_good_key_signs_in_and_leads_on(door: Any, made_keys: Any) -> None:
    answer = sign_in(door, made_keys["demo"][1], "/mailbox")
    assert answer.headers["location"] == "/mailbox"
    cookie = answer.headers["set-cookie"]
    assert re.search(r"Path=/; Max-Age=28800; HttpOnly; SameSite=Strict$", cookie)
    assert made_keys["demo"][1] not in cookie


def test_the_redirect_leaves_this_site_never(door: Any, made_keys: Any) -> None:
    answer = sign_in(door, made_keys["demo"][1], "//evil.example")
    assert answer.headers["location"] == "/score"


@pytest.mark.parametrize(
    ("kind", "says"),
    [("revoked", "is revoked"), ("expired", "has expired"), ("disabled", "is disabled")],
)
def test_a_bad_key_is_told_why(door: Any, made_keys: Any, kind: str, says: str) -> None:
    answer = sign_in(door, made_keys[kind][1])
    assert answer.status == 401
    assert says.encode() in answer.body
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"", b"key=", b"key=%ff%", b"next=/score", b"key=chk_live_x"])
def test_a_broken_form_is_answered_with_the_form(door: Any, body: bytes) -> None:
    answer = door.ask("POST", "/sign-in", body, Content_Type=FORM, **SAME)
    assert answer.status == 401
    assert b"malformed" in answer.body
    assert b"into the field" in answer.body
    assert b"header" not in answer.body


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"X_A": "a"}]
)
def test_another_site_cannot_sign_a_browser_in(
    door: Any, made_keys: Any, headers: dict[str, str]
) -> None:
    answer = sign_in(door, made_keys["demo"][1], **headers)
    assert (answer.status, answer.problem) == (403, "cross-site")


def test_the_cookie_opens_pages_and_the_service_sees_the_key_id_only(
    door: Any, recorder: Any, made_keys: Any
) -> None:
    cookie = cookie_of(sign_in(door, made_keys["demo"][1]))
    assert door.ask("GET", "/score", Cookie=cookie).status == 200
    (seen,) = recorder.seen()
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert headers["x-key-id"] == made_keys["demo"][0]
    assert "cookie" not in headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_a_form_with_a_cookie_must_come_from_this_site(
    door: Any, recorder: Any, made_keys: Any, headers: dict[str, str], status: int
) -> None:
    cookie = cookie_of(sign_in(door, made_keys["demo"][1]))
    assert door.ask("POST", "/score", b"a=1", Cookie=cookie, **headers).status == status
    assert len(recorder.seen()) == (1 if status == 200 else 0)


def test_a_revocation_ends_the_session_at_once(door: Any, stack: Any) -> None:
    key_id, key = stack.make_key("browser", "--role", "demo")
    cookie = cookie_of(sign_in(door, key))
    assert door.ask("GET", "/score", Cookie=cookie).status == 200
    stack.keys("revoke", key_id, "--reason", "test")
    assert door.ask("GET", "/score", Cookie=cookie).status == 303
    assert door.ask("GET", "/schema", Cookie=cookie).problem == "key-revoked"


def test_a_key_header_wins_over_a_cookie(door: Any, made_keys: Any) -> None:
    cookie = cookie_of(sign_in(door, made_keys["demo"][1]))
    answer = door.ask("GET", "/score", Cookie=cookie, X_API_Key=made_keys["revoked"][1])
    assert answer.problem == "key-revoked"


def test_only_the_gateways_signature_makes_a_session(door: Any, made_keys: Any) -> None:
    good = forge(door, made_keys["demo"][0], time.time() + 60)
    assert door.ask("GET", "/schema", Cookie=good).status == 200
    for bad in (good[:-1], good[:-1] + "!", good.replace(".k_", ".k_x"), good + ".x", "a=b"):
        assert door.ask("GET", "/schema", Cookie=bad).problem == "key-missing"


def test_a_session_ends_with_its_time(door: Any, made_keys: Any) -> None:
    over = forge(door, made_keys["demo"][0], time.time() - 1)
    assert door.ask("GET", "/schema", Cookie=over).problem == "key-missing"


def test_a_fragment_request_without_a_key_is_led_to_the_form(door: Any) -> None:
    answer = door.ask("GET", "/score", HX_Request="true")
    assert (answer.status, answer.problem) == (401, "key-missing")
    assert answer.headers["hx-redirect"] == "/sign-in"


def test_a_failure_inside_the_gate_refuses(door: Any, stack: Any, recorder: Any) -> None:
    secret = "/run/gateway/session.secret"
    stack.execute(door, "mv", secret, secret + ".away")
    try:
        answer = door.ask("GET", "/schema", Cookie="retention_session=a.b.c.d")
    finally:
        stack.execute(door, "mv", secret + ".away", secret)
    assert (answer.status, answer.problem) == (500, "gate-failed")
    assert recorder.seen() == []


def test_every_problem_type_has_a_page_in_words(door: Any) -> None:
    answer = door.ask("GET", "/problems/key-revoked")
    assert answer.status == 200
    assert b"The access key is revoked" in answer.body
