import json

import pytest
from running_stack import Stack

pytestmark = pytest.mark.stack
SERVICES = ("gateway", "churn-service", "marketing-service", "worker", "mailbox", "database")
INNER = {"churn-service": 8080, "marketing-service": 8080, "mailbox": 8080, "database": 5432}
CONNECT = (
    "import socket,sys\n"
    "socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2).close()"
)


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_is_confined(stack: Stack, service: str) -> None:
    found = stack.inspect(service)
    host, config = found["HostConfig"], found["Config"]

    assert config["User"] not in {"", "0", "root", "0:0"}
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Privileged"] is False
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert not host["Binds"] or all(":/var/run/docker.sock" not in b for b in host["Binds"])
    assert {m["Type"] for m in found["Mounts"]} <= {"volume"}


@pytest.mark.parametrize("service", SERVICES)
def test_the_running_process_has_no_power(stack: Stack, service: str) -> None:
    status = stack.must(f"docker compose exec -T {service} cat /proc/1/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)

    assert fields["Uid"].split()[0] != "0"
    assert {int(fields[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {0}
    assert fields["NoNewPrivs"] == "1"
    assert fields["Seccomp"] == "2"


@pytest.mark.parametrize("service", SERVICES)
def test_the_root_file_system_cannot_be_written(stack: Stack, service: str) -> None:
    for path in ("/x", "/etc/x", "/usr/bin/x"):
        assert stack.run(f"docker compose exec -T {service} touch {path}").returncode != 0


def test_one_port_is_published_on_loopback(stack: Stack) -> None:
    published = {
        service: stack.inspect(service)["HostConfig"]["PortBindings"] for service in SERVICES
    }

    gateway = published.pop("gateway")
    assert gateway == {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(stack.port)}]}
    assert not any(published.values())


def on_the_outer_network(stack: Stack, host: str, port: int) -> bool:
    run = "docker compose run --rm -T --no-deps --entrypoint python marketing"
    return stack.run(f"{run} -c '{CONNECT}' {host} {port}").returncode == 0


def address_of(stack: Stack, service: str) -> str:
    networks = stack.inspect(service)["NetworkSettings"]["Networks"]
    return next(iter(networks.values()))["IPAddress"]


def test_the_outer_network_reaches_the_gateway_and_no_back_end(stack: Stack) -> None:
    assert on_the_outer_network(stack, "gateway", 8080)
    for service, port in INNER.items():
        assert not on_the_outer_network(stack, service, port)
        assert not on_the_outer_network(stack, address_of(stack, service), port)


def test_the_serving_image_holds_no_training_library(stack: Stack) -> None:
    for module in ("sklearn", "pandas", "numpy", "joblib"):
        tried = stack.run(f"docker compose exec -T churn-service python -c 'import {module}'")
        assert "ModuleNotFoundError" in tried.stderr


def test_no_key_address_or_secret_is_in_logs_environments_or_images(stack: Stack) -> None:
    logs = stack.must("docker compose logs --no-color")
    settings = json.dumps([stack.inspect(service)["Config"] for service in SERVICES])

    for text in (logs, settings):
        assert "chk_live_" not in text
        assert "@example.test" not in text
        assert stack.key() not in text
    assert len(logs) > 10_000
