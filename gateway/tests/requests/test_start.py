import json
from typing import Any

import pytest

from gateway_keys.record import KeyRecord

RECORD = KeyRecord(
    id="k_aaaaaaaaaa",
    group="k_aaaaaaaaaa",
    digest="d" * 64,
    name="n",
    owner="o",
    plan="trial",
    scopes=("predict",),
    created_at=0,
)
SEED = json.dumps({RECORD.digest: {"value": RECORD.line()}})
SCRIPT = """
mkdir /run/gateway/seed
[ "$SEED" = absent ] || printf %s "$SEED" >/run/gateway/seed/seed.json
exec /docker-entrypoint.sh nginx -t
"""


@pytest.mark.parametrize(
    ("seed", "says"),
    [
        ("absent", "there are no keys"),
        ("", "is empty"),
        ("{}", "holds no key"),
        ("[]", "holds no key"),
        ('{"#seq":{"value":"0"}}', "holds no key"),
        (SEED[:-1], "is damaged"),
        (SEED[:-8], "is damaged"),
        (f"[{SEED}]", "is damaged"),
    ],
)
def test_a_seed_without_good_keys_refuses_the_start_and_says_so(
    stack: Any, seed: str, says: str
) -> None:
    done = stack.try_gateway(SCRIPT, SEED=seed, GATEWAY_SEED_DIR="/run/gateway/seed")
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("gateway: ")]
    assert len(lines) == 1
    assert says in lines[0]


def test_a_good_seed_starts(stack: Any) -> None:
    done = stack.try_gateway(SCRIPT, SEED=SEED, GATEWAY_SEED_DIR="/run/gateway/seed")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("GATEWAY_SESSION_SECRET_FILE", "/absent", "is missing or empty"),
        ("GATEWAY_HOSTS", "a; deny all", "no host name"),
    ],
)
def test_a_wrong_setting_is_named(stack: Any, name: str, value: str, says: str) -> None:
    settings = {"SEED": SEED, "GATEWAY_SEED_DIR": "/run/gateway/seed", name: value}
    done = stack.try_gateway(SCRIPT, **settings)
    assert done.returncode != 0
    assert says in done.stderr
    assert name in done.stderr


def test_an_old_nginx_is_refused(stack: Any) -> None:
    script = (
        'mkdir /tmp/bin; printf "#!/bin/sh\\necho nginx/1.22.1 >&2\\n" >/tmp/bin/nginx;'
        "PATH=/tmp/bin:$PATH; chmod +x /tmp/bin/nginx; . /docker-entrypoint.d/00-require-keys.sh"
    )
    done = stack.try_gateway(script, executable_tmp=True)
    assert done.returncode != 0
    assert "nginx 1.22.1 is too old" in done.stderr


def test_it_starts_without_any_service_and_answers_502(
    stack: Any, lonely_network: str, made_keys: Any
) -> None:
    alone = stack.start_gateway("alone", network=lonely_network)
    assert alone.ask("GET", "/ping").problem == "upstream-unavailable"
    key = made_keys["predict"][1]
    assert alone.ask("GET", "/schema", X_API_Key=key).status == 502
    assert alone.ask("GET", "/mailbox", X_API_Key=key).status == 404
    assert alone.ask("GET", "/health/ready").status == 503
    stack.stop(alone)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("id -u", "101"),
        ("touch /x 2>/dev/null || echo refused", "refused"),
        ("touch /etc/nginx/x 2>/dev/null || echo refused", "refused"),
        ("cp /bin/true /tmp/x; /tmp/x 2>/dev/null || echo refused", "refused"),
        ("grep -c 'Cap\\(Prm\\|Eff\\|Bnd\\):.0\\{16\\}' /proc/1/status", "3"),
        ("grep NoNewPrivs /proc/1/status | cut -f2", "1"),
        ("find / -xdev -perm /6000 -type f 2>/dev/null | wc -l", "0"),
        ("ls -ld /run/admin/gateway | cut -c1-10", "drwx------"),
        ("touch /var/lib/gateway-seed/x 2>/dev/null || echo refused", "refused"),
    ],
)
def test_a_running_gateway_holds_no_more_than_it_needs(
    stack: Any, door: Any, command: str, expected: str
) -> None:
    assert stack.execute(door, "sh", "-c", command).strip() == expected


def test_the_default_health_check_turns_healthy(stack: Any, door: Any, until: Any) -> None:
    until(lambda: stack.health(door) == "healthy", "the container is healthy")
