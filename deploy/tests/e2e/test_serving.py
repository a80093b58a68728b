"""Every client of the service through the door: real gateway, real containers."""

import csv
import io
import json
import time

import pytest
from running_stack import Answer, Stack

pytestmark = pytest.mark.stack
CSV, LINES = "text/csv", "application/x-ndjson"
CUSTOMERS = 40


@pytest.fixture(scope="module")
def customers(stack: Stack) -> list[dict[str, object]]:
    """Take the example of the live interface and make it many."""
    document = stack.ask("/openapi.json").json()
    [example] = document["components"]["schemas"]["Customer"]["examples"]  # type: ignore[index]  # JSON
    name = stack.ask("/schema").json()["id"]
    return [example | {name: f"e2e-{number}"} for number in range(CUSTOMERS)]


@pytest.fixture(scope="module")
def table(customers: list[dict[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(customers[0]))
    writer.writeheader()
    writer.writerows(customers)
    return text.getvalue().encode()


def probability(answer: Answer) -> float:
    found: float = answer.json()["churn_probability"]  # type: ignore[assignment]  # JSON
    return found


def test_every_envelope_gives_the_same_score(
    stack: Stack, customers: list[dict[str, object]], table: bytes
) -> None:
    expected = probability(stack.ask("/predict", body=customers[0]))

    array = stack.ask("/predict", body=customers)
    lines = stack.ask("/predict", body=b"\n".join(map(dump, customers)), content_type=LINES)
    cells = stack.ask("/predict", body=table, content_type=CSV)
    rows = list(csv.DictReader(io.StringIO(cells.body.decode())))

    assert {row["churn_probability"] for row in json.loads(array.body)} == {expected}
    assert {json.loads(line)["churn_probability"] for line in lines.body.splitlines()} == {expected}
    assert [float(row["churn_probability"]) for row in rows] == [expected] * CUSTOMERS
    assert [row["customer_id"] for row in rows][:2] == ["e2e-0", "e2e-1"]


def test_other_protocols_give_the_same_score(
    stack: Stack, customers: list[dict[str, object]]
) -> None:
    expected = probability(stack.ask("/predict", body=customers[0]))
    tensors = [tensor(name, value) for name, value in customers[0].items()]
    instances = {"instances": customers[:1]}

    infer = stack.ask("/v2/models/churn/infer", body={"id": "7", "inputs": tensors})
    predictions = stack.ask("/invocations", body=instances)

    assert (infer.status, infer.json()["id"]) == (200, "7"), infer.body
    assert infer.json()["outputs"][0]["data"] == [expected]  # type: ignore[index]  # JSON
    assert predictions.json()["predictions"] == [expected]
    assert stack.ask("/ping").body == b"PONG"
    assert stack.ask("/v2/health/ready").json()["ready"] is True


def test_a_score_is_explained_exactly(stack: Stack, customers: list[dict[str, object]]) -> None:
    answer = stack.ask("/explain", body=customers[0]).json()
    shares = [share["contribution"] for share in answer["contributions"]]  # type: ignore[index]  # JSON

    assert abs(answer["base_logit"] + sum(shares) - answer["logit"]) < 1e-9  # type: ignore[operator]  # JSON


def test_a_job_scores_a_file_and_its_result_comes_back(stack: Stack, table: bytes) -> None:
    job = stack.ask("/jobs", body=table, content_type=CSV)
    assert job.status == 202, job.body

    place = f"/jobs/{job.json()['id']}"
    deadline = time.monotonic() + 60
    while stack.ask(place).json()["state"] in {"queued", "running"}:
        assert time.monotonic() < deadline, stack.ask(place).body
        time.sleep(0.2)

    assert stack.ask(place).json()["state"] == "done", stack.ask(place).body
    result = stack.ask(f"{place}/result")
    assert result.body == stack.ask("/predict", body=table, content_type=CSV).body


def test_bad_input_is_a_problem_behind_the_door_too(stack: Stack) -> None:
    answer = stack.ask("/predict", body=b"tenure\n1\n", content_type=CSV)

    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert (answer.status, headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("path", ["/docs", "/score", "/what-if", "/model"])
def test_the_pages_are_behind_the_door(stack: Stack, path: str) -> None:
    assert stack.ask(path).status == 200
    assert stack.ask(path, key="wrong").status in {303, 401}


LOOK = """
import time, urllib.request
for _ in range(100):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:9001/health/live").status)
        break
    except OSError:
        time.sleep(0.1)
"""


def test_the_image_serves_as_any_user_on_another_port(stack: Stack) -> None:
    image = stack.inspect("churn-service")["Config"]["Image"]  # type: ignore[index]  # JSON
    options = "--rm --read-only --user 4242:4242 --network none --cap-drop ALL -e PORT=9001"
    script = 'churn serve >/dev/null & python -c "$LOOK"'

    said = stack.must(
        f"docker run {options} -e LOOK --entrypoint sh {image} -c '{script}'", LOOK=LOOK
    )

    assert said.split() == ["200"]


def dump(record: dict[str, object]) -> bytes:
    return json.dumps(record).encode()


def tensor(name: str, value: object) -> dict[str, object]:
    datatype = "BYTES" if isinstance(value, str) else "FP64"
    return {"name": name, "datatype": datatype, "shape": [1], "data": [value]}
