"""The document at /openapi.json: complete, valid, and true of the live app."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.writer import write_version
from churn_service.openapi.document import Subject, _all_paths
from churn_service.openapi_api import shape_of
from service_kit.health import HEALTH_PATHS

Document = dict[str, Any]
METHODS = {"get", "put", "post", "delete", "patch"}
RARE = {"X-Ignored-Fields", "X-Invalid-Rows", "Preference-Applied", "Retry-After"}
PAGES = ("/score", "/what-if", "/docs", "/model", "/model/promote", "/model/roll-back")


@pytest.fixture
def client(
    publisher: Any,
    make_service: Callable[..., Any],
    document: ModelDocument,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> FlaskClient:
    """Serve a version with a report, from a registry that may be changed, and take jobs."""
    reports = {"report.html": b"<p>good</p>", "report.txt": b"good", "metrics.json": b"{}"}
    version = write_version(publisher.root, document, publisher.golden(document), reports)
    publisher.promote(version)
    monkeypatch.setenv("CHURN_MODEL_ROOT", str(publisher.root))
    monkeypatch.setenv("CHURN_JOBS_FOLDER", str(tmp_path / "jobs"))
    running = make_service(publisher.root, jobs_folder=tmp_path / "jobs", data_folder=tmp_path)
    running.registry.refresh()
    found: FlaskClient = running.client
    return found


@pytest.fixture
def described(client: FlaskClient) -> Document:
    found: Document = client.get("/openapi.json").get_json()
    return found


def operations(described: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in described["paths"].items():
        for method in methods.keys() & METHODS:
            yield path, method, methods[method]


def routes_of(app: Flask) -> set[tuple[str, str]]:
    served = {
        (shape_of(rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule not in PAGES and not rule.rule.endswith("/static/<path:filename>")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    return served | {(path, "get") for path in HEALTH_PATHS}


def test_it_is_valid_openapi_3_1(described: Document) -> None:
    assert described["openapi"].startswith("3.1.")
    validate(described)


def test_every_route_of_the_app_is_described_and_nothing_else(
    client: FlaskClient, described: Document
) -> None:
    named = {(shape_of(path), method) for path, method, _ in operations(described)}
    assert named == routes_of(client.application)


def test_everything_that_could_be_described_is_served(
    client: FlaskClient, schema: CustomerSchema
) -> None:
    paths = _all_paths(Subject("1", "churn", "v", schema, ("application/json",)))
    assert {shape_of(path) for path in paths} == {path for path, _ in routes_of(client.application)}


def test_operation_ids_are_unique_and_every_component_is_used(described: Document) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'"\$ref": "(#/components/[^"]+)"', json.dumps(described)))
    made = {
        f"#/components/{kind}/{name}"
        for kind, parts in described["components"].items()
        if kind != "securitySchemes"
        for name in parts
    }
    assert used <= made
    assert made - used <= {"#/components/schemas/Outcome"}


def resolved(described: Document, part: Document) -> Document:
    while "$ref" in part:
        found: Any = described
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def send(
    client: FlaskClient,
    described: Document,
    path: str,
    method: str,
    body: tuple[str, Document] | None = None,
) -> TestResponse:
    operation = described["paths"][path][method]
    for parameter in operation.get("parameters", ()):
        found = resolved(described, parameter)
        if found["in"] == "path":
            path = path.replace(f"{{{found['name']}}}", found["example"])
    if body is None:
        return client.open(path, method=method.upper())
    media_type, example = body
    value, headers = example["value"], example.get("x-headers")
    content = value if isinstance(value, str) else json.dumps(value)
    return client.open(
        path, method=method.upper(), data=content, content_type=media_type, headers=headers
    )


def check_answer(described: Document, operation: Document, answer: TestResponse) -> None:
    """The status is described, and body and headers are as described."""
    responses = operation["responses"]
    response = resolved(described, responses[str(answer.status_code)])
    assert set(response.get("headers", {})) - RARE <= set(answer.headers.keys())
    is_json = answer.mimetype in {"application/json", "application/problem+json"}
    value = json.loads(answer.data) if is_json else answer.text
    check(described, response["content"][answer.mimetype]["schema"], value)


def check(described: Document, schema: Document, value: Any) -> None:
    for line in value.splitlines() if "x-line" in schema else ():
        check(described, schema["x-line"], json.loads(line))
    root = {"components": described["components"]} | schema
    jsonschema.Draft202012Validator(root).validate(value)


def examples(operation: Document) -> Iterator[tuple[str, str, Document]]:
    for media_type, media in operation.get("requestBody", {}).get("content", {}).items():
        for name, example in media.get("examples", {}).items():
            yield media_type, name, example


def test_every_example_gets_the_answer_it_promises(
    client: FlaskClient, described: Document
) -> None:
    sent = 0
    for path, method, operation in operations(described):
        for media_type, name, example in examples(operation):
            answer = send(client, described, path, method, (media_type, example))
            where = f"{method} {path} {media_type} {name}: {answer.text}"
            assert answer.status_code == example["x-status"], where
            check_answer(described, operation, answer)
            sent += 1
    assert sent >= 20


@pytest.fixture
def done_job(client: FlaskClient, described: Document) -> str:
    """Score the example of POST /jobs and return the job's id."""
    content = described["paths"]["/jobs"]["post"]["requestBody"]["content"]["text/csv"]
    sent = client.post("/jobs", data=content["examples"]["file"]["value"], content_type="text/csv")
    client.application.extensions["jobs"].runner.work_off()
    name: str = sent.get_json()["id"]
    assert client.get(f"/jobs/{name}").get_json()["state"] == "done"
    return name


def test_every_read_gets_the_answer_it_promises(
    client: FlaskClient, described: Document, done_job: str
) -> None:
    for path, methods in described["paths"].items():
        if path.startswith("/jobs/"):
            methods["get"]["parameters"][0]["example"] = done_job
    for path, method, operation in operations(described):
        if method == "get":
            with send(client, described, path, method) as answer:
                assert answer.status_code == 200, (path, answer.text)
                check_answer(described, operation, answer)


def test_every_operation_with_a_body_shows_examples(described: Document) -> None:
    for path, _, operation in operations(described):
        if "requestBody" in operation:
            assert list(examples(operation)), path


def test_a_good_example_fits_the_schema_of_its_body(described: Document) -> None:
    for _, _, operation in operations(described):
        for media_type, _, example in examples(operation):
            if example["x-status"] == 200 and "x-headers" not in example:
                media = operation["requestBody"]["content"][media_type]
                check(described, media["schema"], example["value"])


def test_the_customer_is_the_live_models(
    publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]
) -> None:
    schema = CustomerSchema(
        name="gym",
        fields=(
            Field(name="visits", kind="number", minimum=0, maximum=99, highest=30, unit="a month"),
        ),
    )
    version = publisher.publish(make_document(schema))
    gym = make_service(publisher.root)
    gym.registry.refresh()
    document = gym.client.get("/openapi.json").get_json()
    customer = document["components"]["schemas"]["Customer"]
    assert customer["properties"]["visits"]["maximum"] == 99
    assert document["info"]["version"].endswith(f"+{version}")


def test_the_etag_saves_the_second_download(client: FlaskClient) -> None:
    first = client.get("/openapi.json")
    again = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/openapi.json", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.data) == (200, first.data)


def test_another_model_makes_another_document(
    publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]
) -> None:
    number = Field(name="visits", kind="number", minimum=0, maximum=99, highest=30)
    publisher.publish(make_document(CustomerSchema(name="gym", fields=(number,))))
    gym = make_service(publisher.root)
    gym.registry.refresh()
    before = gym.client.get("/openapi.json").headers["ETag"]
    assert gym.client.get("/openapi.json").headers["ETag"] == before
    publisher.publish(make_document(CustomerSchema(name="spa", fields=(number,))))
    gym.registry.refresh()
    assert gym.client.get("/openapi.json").headers["ETag"] != before


def test_a_model_without_fields_is_described(
    publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]
) -> None:
    publisher.publish(make_document(CustomerSchema(name="bare")))
    bare = make_service(publisher.root)
    bare.registry.refresh()
    validate(bare.client.get("/openapi.json").get_json())


def test_without_a_model_it_is_503(tmp_path: Path, make_service: Callable[..., Any]) -> None:
    answer = make_service(tmp_path).client.get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")


def test_the_key_is_asked_for_where_the_gateway_asks(described: Document) -> None:
    assert described["paths"]["/ping"]["get"]["security"] == []
    ways = described["paths"]["/predict"]["post"]["security"]
    assert ways == [{"AccessKey": ["predict"]}, {"Bearer": ["predict"]}, {"Session": ["predict"]}]


def test_a_job_that_has_ended_is_removed_as_described(
    client: FlaskClient, described: Document, done_job: str
) -> None:
    answer = client.delete(f"/jobs/{done_job}")
    assert str(answer.status_code) in described["paths"]["/jobs/{job}"]["delete"]["responses"]
    assert (answer.status_code, answer.data) == (204, b"")


def test_the_document_names_the_address_that_callers_use(
    model_root: Path, make_service: Callable[..., Any]
) -> None:
    for setting, address in (("", "/"), ("https://churn.example/", "https://churn.example")):
        named = make_service(model_root, public_url=setting)
        named.registry.refresh()
        document = named.client.get("/openapi.json").get_json()
        assert document["servers"] == [{"url": address}]
