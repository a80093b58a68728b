import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from service_kit.settings import SettingsError

Record = dict[str, Any]


def test_ping_and_version_answer(client: FlaskClient) -> None:
    assert client.get("/ping").data == b"PONG"
    assert client.get("/version").mimetype == "text/plain"
    assert client.get("/version").headers["X-Model-Version"]


def test_an_invocation_without_a_model_is_503(
    make_service: Callable[..., Any], tmp_path: Any
) -> None:
    client = make_service(tmp_path).client

    assert client.get("/ping").status_code == 503
    assert client.post("/invocations", data=b"{}").status_code == 503
    assert client.post("/v1/models/churn:predict", data=b"{}").status_code == 503


@pytest.mark.parametrize(
    ("limits", "concurrent", "megabytes"),
    [
        ({}, 6, 16),
        ({"threads": 2}, 2, 16),
        ({"max_body_bytes": 1024**3}, 1, 100),
        ({"max_body_bytes": 1024}, 16, 1),
    ],
)
def test_parallel_payloads_stay_within_the_limit_of_a_batch_transform(
    make_service: Callable[..., Any],
    model_root: Any,
    limits: dict[str, int],
    concurrent: int,
    megabytes: int,
) -> None:
    client = make_service(model_root, **limits).client

    assert client.get("/execution-parameters").json == {
        "MaxConcurrentTransforms": concurrent,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": megabytes,
    }


def test_custom_attributes_come_back(client: FlaskClient, customer: Record) -> None:
    name = "X-Amzn-SageMaker-Custom-Attributes"
    headers = {name: "trace=7", "X-Amzn-SageMaker-Inference-Id": "8"}
    answer = client.post("/invocations", json=customer, headers=headers)

    assert answer.headers[name] == "trace=7"
    assert "X-Amzn-SageMaker-Inference-Id" not in answer.headers


def test_one_customer_is_answered_as_predict_does(client: FlaskClient, customer: Record) -> None:
    body = json.dumps(customer)
    answer = client.post("/invocations", data=body)

    assert answer.json == client.post("/predict", json=customer).json
    assert client.post("/invocations?model_version=champion", data=body).json == answer.json
    assert client.post("/invocations?model_version=no", data=body).status_code == 404


def test_csv_without_a_header_is_a_probability_per_line(
    client: FlaskClient, customer: Record
) -> None:
    expected = client.post("/predict", json=customer).json["churn_probability"]
    cells = [str(value) for value in customer.values()]
    body = "\n".join([",".join(cells), ",".join(["other-id", *cells[1:]])])
    without_id = ",".join(cells[1:])
    answer = client.post("/invocations", data=body, content_type="text/csv")

    assert answer.text == f"{expected!r}\n" * 2
    assert answer.content_type == "text/csv; charset=utf-8"
    assert client.post("/invocations", data=without_id).text == f"{expected!r}\n"


def lenient(client: FlaskClient, path: str, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, str) else json.dumps(body)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.post(path, data=data, headers={"Prefer": "handling=lenient"} | names)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Invalid-Rows"] == "1"
    assert answer.headers["Preference-Applied"] == "handling=lenient"
    return answer


def test_a_lenient_answer_keeps_a_place_for_each_customer(
    client: FlaskClient, customer: Record
) -> None:
    good, bad = customer, customer | {"tenure": -1}
    expected = client.post("/predict", json=good).json
    lines = "\n".join(map(json.dumps, [bad, good]))

    of_lines = lenient(client, "/invocations", lines, Content_Type="application/jsonlines")
    of_json = lenient(client, "/invocations", [bad, good]).json
    assert [json.loads(line) for line in of_lines.text.splitlines()] == of_json
    assert of_json[0]["errors"][0]["field"] == "tenure"
    assert of_json[1] == expected


@pytest.mark.parametrize("path", ["/invocations", "/v1/models/churn:predict"])
def test_a_lenient_shape_has_null_or_the_errors(
    client: FlaskClient, customer: Record, path: str
) -> None:
    rows = [customer | {"tenure": -1}, customer]
    expected = client.post("/predict", json=customer).json
    plain = lenient(client, path, {"instances": rows}).json
    objects = lenient(client, path, {"instances": rows, "params": {"output": "object"}}).json

    assert plain == {"predictions": [None, expected["churn_probability"]]}
    assert objects["predictions"][0]["errors"][0]["field"] == "tenure"
    assert objects["predictions"][1] == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/csv", "Prefer": "handling=lenient"},
        {"Content-Type": "text/csv; handling=lenient"},
    ],
)
def test_a_lenient_table_has_an_empty_line_for_a_bad_row(
    client: FlaskClient, customer: Record, headers: dict[str, str]
) -> None:
    expected = client.post("/predict", json=customer).json["churn_probability"]
    rows = [(customer | {"tenure": tenure}).values() for tenure in (1, -1, 1)]
    body = "\n".join(",".join(map(str, row)) for row in rows)
    answer = client.post("/invocations", data=body, headers=headers)

    assert answer.text == f"{expected!r}\n\n{expected!r}\n"
    assert answer.headers["X-Invalid-Rows"] == "1"


def test_an_answer_nobody_takes_is_406(client: FlaskClient, customer: Record) -> None:
    answer = client.post("/invocations", json=customer, headers={"Accept": "image/png"})

    assert (answer.status_code, answer.mimetype) == (406, "application/problem+json")


@pytest.mark.parametrize("path", ["/invocations", "/v1/models/churn:predict"])
@pytest.mark.parametrize("output", ["decision", "object"])
def test_another_output_can_be_asked_for(
    client: FlaskClient, customer: Record, path: str, output: str
) -> None:
    expected = client.post("/predict", json=customer).json
    document = {"instances": [customer], "parameters": {"output": output}}
    shown = expected if output == "object" else expected["churn"]

    assert client.post(path, json=document).json == {"predictions": [shown]}


def test_another_model_is_404_as_json(client: FlaskClient) -> None:
    answer = client.post("/v1/models/other:predict", json={"instances": []})

    assert (answer.status_code, list(answer.json)) == (404, ["error"])


def test_vertex_may_name_the_paths(
    make_service: Callable[..., Any], model_root: Any, customer: Record
) -> None:
    place = "/v1/endpoints/7/deployedModels/8"
    service = make_service(model_root, aip_health_route=place, aip_predict_route=f"{place}:predict")

    assert service.client.get(place).status_code == 503
    service.registry.refresh()
    assert service.client.get(place).json == {}
    answer = service.client.post(f"{place}:predict", json={"instances": [customer]})
    assert answer.json == service.client.post("/invocations", json={"inputs": [customer]}).json


@pytest.mark.parametrize("path", ["/invocations", "/v1/models/churn:predict"])
def test_paths_that_are_there_already_stay(
    make_service: Callable[..., Any], model_root: Any, customer: Record, path: str
) -> None:
    service = make_service(model_root, aip_health_route="/ping", aip_predict_route=path)
    service.registry.refresh()

    assert service.client.get("/ping").data == b"PONG"
    assert service.client.post(path, json={"instances": [customer]}).status_code == 200


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"aip_predict_route": "/predict"}, "AIP_PREDICT_ROUTE: /predict takes customers"),
        ({"aip_predict_route": "predict"}, "AIP_PREDICT_ROUTE: must be a path"),
        ({"aip_health_route": "/<x>"}, "AIP_HEALTH_ROUTE: must be a path"),
    ],
)
def test_paths_that_cannot_be_followed_stop_the_start(
    make_service: Callable[..., Any], model_root: Any, settings: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        make_service(model_root, **settings)
