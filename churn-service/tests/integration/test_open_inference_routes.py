import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from churn_service.artefact.document import ModelDocument
from churn_service.artefact.promotions import Wish, promote
from churn_service.rollout import bucket

Record = dict[str, Any]


def request_of(*customers: Record, **members: object) -> Record:
    kinds = {str: "BYTES", int: "INT64", float: "FP64"}
    inputs = [
        {
            "name": name,
            "datatype": kinds[type(value)],
            "shape": [len(customers)],
            "data": [customer[name] for customer in customers],
        }
        for name, value in customers[0].items()
    ]
    return {"inputs": inputs, **members}


def outputs(answer: Any) -> dict[str, Any]:
    return {output["name"]: output["data"] for output in answer.json["outputs"]}


def test_the_server_and_its_health_are_told(client: FlaskClient) -> None:
    assert client.get("/v2").json["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/health/live").json == {"live": True}
    assert client.get("/v2/health/ready").json == {"live": True, "ready": True}
    assert client.head("/v2/health/ready").status_code == 200


def test_a_server_without_a_model_is_live_but_not_ready(
    make_service: Callable[..., Any], tmp_path: Any
) -> None:
    client = make_service(tmp_path).client

    assert client.get("/v2/health/live").status_code == 200
    for path in ("/v2/health/ready", "/v2/models/churn/ready", "/v2/models/churn"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert list(answer.json) == ["error"]
    assert client.post("/v2/models/churn/infer", json={}).status_code == 503


def test_the_model_is_described(client: FlaskClient, service: Any) -> None:
    version = service.registry.champion().version
    facts = client.get("/v2/models/churn").json

    assert facts["versions"] == [version]
    assert client.get(f"/v2/models/churn/versions/{version}").json == facts
    assert len(facts["inputs"]) == 19


@pytest.mark.parametrize("path", ["", "/ready", "/infer"])
@pytest.mark.parametrize(
    "place",
    [
        "/v2/models/other",
        "/v2/models/other/versions/champion",
        "/v2/models/churn/versions/0123456789ab",
    ],
)
def test_another_model_or_version_is_404(client: FlaskClient, place: str, path: str) -> None:
    method = "POST" if path == "/infer" else "GET"
    answer = client.open(place + path, method=method, json={})

    assert answer.status_code == 404
    assert list(answer.json) == ["error"]


def test_a_version_or_alias_that_is_loaded_can_be_named(
    client: FlaskClient, service: Any, customer: Record
) -> None:
    version = service.registry.champion().version
    expected = client.post("/predict", json=customer).json
    for name in (version, "champion"):
        place = f"/v2/models/churn/versions/{name}"
        answer = client.post(f"{place}/infer", json=request_of(customer, id="7"))

        assert client.get(f"{place}/ready").json == {"name": "churn", "ready": True}
        assert (answer.json["model_name"], answer.json["model_version"]) == ("churn", version)
        assert answer.json["id"] == "7"
        assert outputs(answer)["churn_probability"] == [expected["churn_probability"]]
        assert outputs(answer)["churn"] == [expected["churn"]]


@pytest.mark.parametrize("content_type", [None, "application/octet-stream", "text/plain", "odd"])
def test_any_content_type_or_none_is_taken(
    client: FlaskClient, customer: Record, content_type: str | None
) -> None:
    body = json.dumps(request_of(customer))
    answer = client.post("/v2/models/churn/infer", data=body, content_type=content_type)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("coding", "squeeze"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_is_taken(
    client: FlaskClient, customer: Record, coding: str, squeeze: Callable[[bytes], bytes]
) -> None:
    body = squeeze(json.dumps(request_of(customer)).encode())
    answer = client.post("/v2/models/churn/infer", data=body, headers={"Content-Encoding": coding})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "coding", "status"),
    [
        (gzip.compress(b" " * 200_000), "gzip", 413),
        (gzip.compress(b"{}")[:-4], "gzip", 400),
        (gzip.compress(b"{}") + b"x", "gzip", 400),
        (b"{}", "gzip", 400),
        (b"{}", "br", 415),
    ],
)
def test_a_damaged_or_huge_compressed_body_is_refused(
    client: FlaskClient, body: bytes, coding: str, status: int
) -> None:
    answer = client.post("/v2/models/churn/infer", data=body, headers={"Content-Encoding": coding})

    assert answer.status_code == status
    assert answer.json["error"]


def test_a_compressed_body_may_have_several_parts(client: FlaskClient, customer: Record) -> None:
    body = json.dumps(request_of(customer)).encode()
    parts = gzip.compress(body[:100]) + gzip.compress(body[100:])
    headers = {"Content-Encoding": "gzip"}

    assert client.post("/v2/models/churn/infer", data=parts, headers=headers).status_code == 200


def test_many_errors_are_told_once_per_field(client: FlaskClient, customer: Record) -> None:
    wrong = customer | {"contract": "weekly"}
    error = client.post("/v2/models/churn/infer", json=request_of(customer, wrong, wrong)).json

    assert error["error"].startswith("2 errors; nothing was scored. contract must be one of")
    assert error["error"].count("contract") == 2
    assert "(/1/contract)" in error["error"]


def test_more_wrong_fields_than_can_be_read_are_cut(client: FlaskClient) -> None:
    inputs = [
        {"name": f"x{number}", "datatype": "BOOL", "shape": [1], "data": [True]}
        for number in range(30)
    ]
    error = client.post("/v2/models/churn/infer", json={"inputs": inputs}).json["error"]

    assert error.endswith("And more.")


def test_a_canary_answers_its_customers_but_no_named_version(
    publisher: Any,
    document: ModelDocument,
    make_service: Callable[..., Any],
    customer: Record,
) -> None:
    champion = publisher.publish(document)
    scorer = msgspec.structs.replace(document.scorer, intercept=0.3)
    newer = publisher.publish(msgspec.structs.replace(document, scorer=scorer), promote=False)
    wish = Wish(version=newer, actor="t", reason="test", share=0.5, force=True)
    promote(publisher.root, "churn", wish)
    service = make_service(publisher.root)
    service.registry.refresh()
    chosen = next(f"c-{i}" for i in range(99) if bucket(f"c-{i}") < 0.5)
    request = request_of(customer | {"customerid": chosen})

    plain = service.client.post("/v2/models/churn/infer", json=request)
    named = service.client.post("/v2/models/churn/versions/champion/infer", json=request)

    assert plain.json["model_version"] == plain.headers["X-Model-Version"] == newer
    assert named.json["model_version"] == named.headers["X-Model-Version"] == champion
    assert set(service.client.get("/v2/models/churn").json["versions"]) == {champion, newer}


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("/v2/models/churn/infer", "error"),
        ("/v1/models/churn:predict", "error"),
        ("/invocations", "detail"),
    ],
)
def test_what_comes_too_late_is_told_in_the_words_of_its_protocol(
    client: FlaskClient, path: str, member: str
) -> None:
    answer = client.post(path, data=b"{}", headers={"X-Request-Deadline-Ms": "0"})

    assert answer.status_code == 504
    assert answer.json[member].startswith("The request had expired")
