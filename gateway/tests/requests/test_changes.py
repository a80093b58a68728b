import json
from typing import Any

import pytest

from gateway_keys.secret import digest_of

CONNECTIONS = 40


def statuses(door: Any, key: str) -> set[int]:
    """Ask on many connections, so that both workers answer."""
    return {door.ask("GET", "/schema", X_API_Key=key).status for _ in range(CONNECTIONS)}


def test_a_new_key_works_at_once_on_every_worker(door: Any, stack: Any) -> None:
    _, key = stack.make_key("new", "--scope", "predict")
    assert statuses(door, key) == {200}


@pytest.mark.parametrize(
    ("words", "problem"),
    [(["revoke", "--reason", "test"], "key-revoked"), (["disable"], "key-disabled")],
)
def test_a_stopped_key_stops_at_once_on_every_worker(
    door: Any, stack: Any, words: list[str], problem: str
) -> None:
    key_id, key = stack.make_key("stopped", "--scope", "predict")
    assert statuses(door, key) == {200}
    assert stack.keys(words[0], key_id, *words[1:]).returncode == 0
    assert statuses(door, key) == {401}
    assert door.ask("GET", "/schema", X_API_Key=key).problem == problem


def test_an_enabled_key_works_again_at_once(door: Any, stack: Any) -> None:
    key_id, key = stack.make_key("again", "--scope", "predict")
    stack.keys("disable", key_id)
    stack.keys("enable", key_id)
    assert statuses(door, key) == {200}


def test_a_late_push_never_revives_a_key(door: Any, stack: Any) -> None:
    key_id, key = stack.make_key("late", "--scope", "predict")
    seq = json.loads(stack.keys("show", key_id, "--json").stdout)["seq"]
    stack.keys("revoke", key_id, "--reason", "test")
    late = f"{key_id}|{key_id}|internal|predict|0|0|active|{seq}|ann"
    target = f"http://gateway/v1/key?h={digest_of(key)}"
    push = ["curl", "-s", "--unix-socket", "/run/admin/gateway/admin.sock", "-X", "PUT", "-d"]
    assert stack.execute(door, *push, late, target) == "taken\n"
    assert door.ask("GET", "/schema", X_API_Key=key).problem == "key-revoked"


def test_the_journal_delivers_when_the_push_is_lost(door: Any, stack: Any, until: Any) -> None:
    made = stack.keys(
        "--sockets",
        "/nowhere",
        "create",
        "--name",
        "n",
        "--owner",
        "o",
        "--scope",
        "predict",
        "--json",
    )
    key = json.loads(made.stdout)["key"]
    stack.secrets["journal"] = key
    until(lambda: door.ask("GET", "/schema", X_API_Key=key).status == 200, "the journal is read")
    stack.keys("--sockets", "/nowhere", "revoke", json.loads(made.stdout)["id"], "--reason", "t")
    until(lambda: door.ask("GET", "/schema", X_API_Key=key).status == 401, "the journal is read")


def test_a_killed_gateway_starts_again_and_remembers_a_revocation(stack: Any, door: Any) -> None:
    del door
    key_id, key = stack.make_key("restart", "--scope", "predict")
    again = stack.start_gateway("restarted")
    stack.keys("revoke", key_id, "--reason", "test")
    stack.kill_and_start(again)
    assert again.ask("GET", "/schema", X_API_Key=key).problem == "key-revoked"
    stack.stop(again)


def test_the_status_shows_the_running_gateways_only(door: Any, stack: Any) -> None:
    status = json.loads(stack.keys("status", "--json").stdout)["gateways"]
    assert [entry["gateway"] for entry in status] == ["gateway"]
    assert status[0]["njs"]
    assert door.ask("GET", "/health/live").status == 200


@pytest.mark.parametrize("target", ["/v1/key?h=zz", "/v1/key", "/v1/key?h=" + "a" * 64, "/nope"])
def test_the_admin_socket_refuses_what_it_does_not_know(stack: Any, door: Any, target: str) -> None:
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket"]
    place = "/run/admin/gateway/admin.sock"
    found = stack.execute(door, *command, place, "http://gateway" + target)
    assert found == "404"
    put = stack.execute(door, *command, place, "-X", "PUT", "-d", "junk", "http://gateway" + target)
    assert put in {"400", "404"}


def test_the_plan_of_a_key_limits_its_rate_and_no_other_keys(
    door: Any, stack: Any, made_keys: Any
) -> None:
    _, key = stack.make_key("slow", "--scope", "predict", "--plan", "trial")
    answers = [door.ask("GET", "/schema", X_API_Key=key) for _ in range(40)]
    refused = [answer for answer in answers if answer.status == 429]
    assert answers[0].status == 200
    assert len(refused) >= 15
    assert refused[0].problem == "rate-exceeded"
    assert refused[0].headers["retry-after"] == "1"
    assert door.ask("GET", "/schema", X_API_Key=made_keys["predict"][1]).status == 200


def test_metrics_count_routes_and_refusals_and_keys(door: Any, stack: Any) -> None:
    door.ask("GET", "/schema")
    page = stack.execute(door, "curl", "-s", "http://127.0.0.1:8081/metrics")
    assert 'gateway_requests_total{route="schema",status="401"}' in page
    assert 'gateway_refusals_total{reason="key-missing"}' in page
    assert 'gateway_keys{status="active"}' in page
    assert "gateway_applied_seq" in page
