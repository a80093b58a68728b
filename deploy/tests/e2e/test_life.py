import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest
from running_stack import Stack

pytestmark = pytest.mark.stack
RUN = "docker compose run --rm -T --no-deps"
OTHER_TABLE = "account,colour,visits,plan,gone\n"


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.2)


def counts(stack: Stack, name: str) -> Counter[str]:
    return Counter(stack.ask(f"/v1/campaigns/{name}").json()["counts"])


def slow_campaign(stack: Stack, name: str) -> None:
    """Plan a campaign whose sending takes long enough to be interrupted."""
    text = stack.must(f"{RUN} --entrypoint cat marketing /data/campaign.toml")
    path = stack.folder / f"{name}.toml"
    path.write_text(text.replace("max_per_second = 500", "max_per_second = 150"))
    assert "max_per_second = 150" in path.read_text()
    mount = f"--volume {path}:/tmp/campaign.toml:ro"
    stack.must(f"{RUN} {mount} marketing campaigns plan /tmp/campaign.toml --name {name}")
    stack.must(f"{RUN} marketing campaigns launch {name}")


def test_a_worker_killed_in_the_middle_mails_nobody_twice_and_loses_nobody(stack: Stack) -> None:
    slow_campaign(stack, "killed")
    contacts = stack.ask("/v1/campaigns/killed").json()["plan"]["contacts"]
    total = counts(stack, "killed").total()
    wait_until(lambda: counts(stack, "killed")["sent"] > 200)

    # SIGKILL through the engine would switch the restart policy off; a crash is a host kill.
    os.kill(stack.inspect("worker")["State"]["Pid"], signal.SIGKILL)
    wait_until(lambda: stack.ask("/v1/campaigns/killed").json()["status"].startswith("finished"))

    after = counts(stack, "killed")
    assert after.total() == total
    assert after["sent"] + after["failed"] + after["unknown"] == contacts
    number = stack.ask("/v1/campaigns/killed").json()["number"]
    mails = stack.ask(f"/mailbox/api/count?campaign={number}").json()
    assert mails["repeated"] == 0
    assert after["sent"] <= mails["messages"] <= after["sent"] + after["unknown"]


def test_a_second_launch_sends_nothing_again(stack: Stack) -> None:
    before = counts(stack, "killed")

    stack.must(f"{RUN} marketing campaigns launch killed")

    assert counts(stack, "killed") == before


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/predict", "application/json"),
        ("/v1/campaigns", "application/json"),
        ("/v1/campaigns", "application/toml"),
        ("/v1/campaigns/killed/launch", "application/json"),
        ("/v1/outcomes", "application/json"),
    ],
)
def test_a_deep_body_is_refused_and_ends_no_process(
    stack: Stack, path: str, content_type: str
) -> None:
    prefix = b"x = " if content_type.endswith("toml") else b""

    answer = stack.ask(path, body=prefix + b"[" * 30_000, content_type=content_type)

    assert answer.status in {400, 422}
    assert stack.inspect("marketing-service")["RestartCount"] == 0
    assert stack.inspect("churn-service")["RestartCount"] == 0


def test_a_large_upload_that_is_refused_gets_its_reason_every_time(stack: Stack) -> None:
    table = b"a,b\n" + b"1,2\n" * 500_000

    statuses = [
        stack.ask("/v1/imports?map=nonsense", body=table, content_type="text/csv").status
        for _ in range(5)
    ]

    assert statuses == [422] * 5


def test_a_revoked_key_stops_working_at_once(stack: Stack) -> None:
    made = stack.must("docker compose run --rm -T gateway-keys create --name t --owner t "
                      "--plan standard --scope predict --json")  # fmt: skip
    created = json.loads(made)
    key = created["key"]
    assert stack.ask("/schema", key=key).status == 200

    stack.must(f"docker compose run --rm -T gateway-keys revoke {created['id']} --reason test")

    assert stack.ask("/schema", key=key).status == 401


def test_a_killed_gateway_comes_back_with_its_keys(stack: Stack) -> None:
    os.kill(stack.inspect("gateway")["State"]["Pid"], signal.SIGKILL)

    wait_until(lambda: answers(stack, "/schema"))


def answers(stack: Stack, path: str) -> bool:
    try:
        return stack.ask(path).status == 200
    except OSError:
        return False


def test_a_minute_of_load_can_be_short_and_keeps_its_budgets(stack: Stack) -> None:
    shown = stack.must("make loadtest", LOADTEST_SECONDS="5", LOADTEST_RATE="50")

    assert "predict (scheduled)" in shown


def test_the_stack_takes_a_users_own_table(stack: Stack) -> None:
    # Few visits make leaving likely, not certain: a column that knows the answer is refused.
    rows = [
        f"a{i},{['red', 'blue', 'green'][i % 3]},{i % 50},{'ab'[i % 2]},{leaves(i)}"
        for i in range(2000)
    ]
    (stack.folder / "mine.csv").write_text(OTHER_TABLE + "\n".join(rows) + "\n")
    training = '[data]\ntarget = "gone"\npositive = "1"\nid = "account"\n'
    (stack.folder / "mine.toml").write_text(training)

    stack.must("make up DATA=mine.csv CONFIG=mine.toml")

    customer = {"colour": "red", "visits": 3, "plan": "a"}
    wait_until(lambda: stack.ask("/predict", body=customer).status == 200)
    assert stack.ask("/predict", body=customer).json()["churn_probability"] > 0.5


def leaves(number: int) -> int:
    """Say who leaves: nine of ten with few visits, one of ten of the others."""
    is_odd_one_out = number // 50 % 10 == number % 10
    return int((number % 50 < 15) != is_odd_one_out)


def succeeds(stack: Stack, command: str, tries: list[CompletedProcess[str]]) -> bool:
    tries.append(stack.run(command))
    return tries[-1].returncode == 0


def test_a_users_own_customers_are_imported_and_the_refused_ones_saved(stack: Stack) -> None:
    people = "account,colour,visits,plan,email\nb1,red,3,a,ann@example.test\n"
    (stack.folder / "people.csv").write_text(f"{people}b2,mauve,4,b,bob@example.test\n")

    # The worker tells the API of the new model's schema within seconds.
    tries: list[CompletedProcess[str]] = []
    wait_until(lambda: succeeds(stack, "make import FILE=people.csv", tries))

    assert "1 new" in tries[-1].stdout
    assert "1 rejected" in tries[-1].stdout
    assert "colour" in (stack.folder / "people.csv.rejects.csv").read_text()
    assert "FILE=spring.toml" in stack.run("make campaign").stdout
