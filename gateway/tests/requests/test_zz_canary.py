"""Runs last: after everything that happened, no key may be found anywhere."""

import json
from typing import Any


def log_line(stack: Any, door: Any, until: Any, request_id: str) -> str:
    """Return the log line of a request; the engine may hand it over a little later."""
    lines: list[str] = []

    def arrived() -> bool:
        lines[:] = [line for line in stack.logs(door).splitlines() if request_id in line]
        return bool(lines)

    until(arrived, "the request is in the log")
    return lines[0]


def test_no_key_is_in_a_log_a_state_or_an_environment(stack: Any, door: Any, recorder: Any) -> None:
    door.ask("GET", "/schema", X_API_Key=stack.secrets["demo"])
    places = {
        "the gateway's log": stack.logs(door),
        "the service's requests": json.dumps(recorder.seen()),
        "the gateway's tmpfs": stack.execute(
            door, "sh", "-c", "find /run/gateway /tmp /run/admin -type f -exec cat {} +"
        ),
        "the store and the derived files": stack.stored_bytes(),
        "the container's settings": stack.inspect(door),
        "the process list": stack.execute(
            door, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"
        ),
    }
    assert len(stack.secrets) > 10
    for place, text in places.items():
        assert text, place
        found = [name for name, secret in stack.secrets.items() if secret in text]
        assert found == [], place


def test_a_key_in_a_referrer_is_refused_and_in_no_line_of_the_error_log(
    stack: Any, lonely_network: str, made_keys: Any, until: Any
) -> None:
    key = made_keys["demo"][1]
    lonely = stack.start_gateway("referrer", network=lonely_network)
    # Without a service behind it, each call makes an error line that names its referrer.
    plain = lonely.ask("GET", "/schema", X_API_Key=key, Referer="http://localhost/plain")
    leaking = lonely.ask("GET", "/schema", X_API_Key=key, Referer=f"http://localhost/?k={key}")
    assert plain.status == 502
    assert leaking.problem == "key-in-url"
    until(lambda: "localhost/plain" in stack.logs(lonely), "the error line is written")
    log_line(stack, lonely, until, leaking.headers["x-request-id"])
    assert key not in stack.logs(lonely)
    stack.stop(lonely)


def test_the_log_is_json_with_the_id_of_the_key(
    stack: Any, door: Any, made_keys: Any, until: Any
) -> None:
    answer = door.ask("POST", "/predict?a=secret-query", b"{}", X_API_Key=made_keys["demo"][1])
    line = log_line(stack, door, until, answer.headers["x-request-id"])
    entry = json.loads(line)
    assert entry["key_id"] == made_keys["demo"][0]
    assert (entry["method"], entry["path"], entry["route"]) == ("POST", "/predict", "predict")
    assert (entry["status"], entry["event"]) == ("200", "request.served")
    assert isinstance(entry["duration_ms"], int)
    assert "secret-query" not in line


def test_a_refused_call_is_logged_as_it_was_made(stack: Any, door: Any, until: Any) -> None:
    answer = door.ask("POST", "/predict", b"{}")
    line = log_line(stack, door, until, answer.headers["x-request-id"])
    entry = json.loads(line)
    assert (entry["method"], entry["path"], entry["deny"]) == ("POST", "/predict", "key-missing")
