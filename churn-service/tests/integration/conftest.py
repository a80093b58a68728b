"""The real app in process, over a small real artefact that was written to disk."""

import io
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, Field, demo_schema
from churn_contract.validation import Validator
from churn_service.app import create_app, create_registry
from churn_service.artefact.aliases import CHAMPION, write_alias
from churn_service.artefact.document import (
    CurveTerm,
    LevelTerm,
    ModelDocument,
    Scorecard,
    Term,
    TrainingFacts,
)
from churn_service.artefact.golden import GoldenRow
from churn_service.artefact.writer import write_version
from churn_service.registry import ModelRegistry
from churn_service.scorer.compilation import compile_scorer
from churn_service.scorer.scorecard import sigmoid
from churn_service.settings import Settings
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

Record = dict[str, object]


def term_of(field: Field, weight: float) -> Term:
    """Make a term whose size shrinks from field to field, so that all of them count."""
    missing = 0.25 * weight if field.accepts_missing else None
    if field.kind == "number":
        low, high = field.lowest or 0.0, field.highest or 0.0
        slope = weight / (high - low)
        return CurveTerm(
            field=field.name,
            knots=(low, high),
            intercepts=(0.0, -slope * low, weight),
            slopes=(0.0, slope, 0.0),
            missing=missing,
            mean=weight / 2,
        )
    weights = {level: weight * index for index, level in enumerate(field.levels)}
    other = 0.1 * weight if field.unknown == "other" else None
    return LevelTerm(
        field=field.name, weights=weights, missing=missing, other=other, mean=weight / 3
    )


def document_of(schema: CustomerSchema, intercept: float = -0.4) -> ModelDocument:
    """Make a model document with constructed weights for any schema."""
    terms = tuple(
        term_of(field, (-1.0) ** index / (1 + index / 4))
        for index, field in enumerate(schema.features)
    )
    return ModelDocument(
        name="churn",
        schema=schema,
        schema_digest=schema.digest,
        threshold=0.5,
        horizon_days=30,
        scorer=Scorecard(intercept=intercept, terms=terms),
        training=TrainingFacts(data_sha256="d" * 64, config_sha256="c" * 64, rows=90, churned=30),
    )


def golden_rows(document: ModelDocument) -> list[GoldenRow]:
    """Score sampled customers, as training does with its constructed ones."""
    validator, score = Validator(document.schema), compile_scorer(document)
    rows = []
    for record in itertools.islice(sample_customers(document.schema, 1), 50):
        cells = {name: "" if value is None else str(value) for name, value in record.items()}
        logit = score(validator.check_text(cells).values)
        rows.append(GoldenRow(cells=cells, logit=logit, churn_probability=sigmoid(logit)))
    return rows


class Publisher:
    """Writes versions into a registry folder and points the champion at them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def publish(self, document: ModelDocument, *, promote: bool = True) -> str:
        extra = {"metrics.json": json.dumps({"auc": 0.85}).encode()}
        version = write_version(self.root, document, golden_rows(document), extra)
        if promote:
            self.promote(version)
        return version

    def promote(self, version: str) -> None:
        write_alias(self.root, "churn", CHAMPION, version, reason="test", actor="tester")

    @staticmethod
    def golden(document: ModelDocument) -> list[GoldenRow]:
        return golden_rows(document)

    def folder(self, version: str) -> Path:
        return self.root / "churn" / version


class Service:
    """One serving process: its app, registry, log and metrics."""

    def __init__(self, root: Path, **settings: object) -> None:
        self.settings = Settings(model_root=root, **settings)  # type: ignore[arg-type]  # few keys
        self.stream = io.StringIO()
        self.metrics = Metrics()
        log = EventLog("churn-service", "test", self.stream)
        self.registry: ModelRegistry = create_registry(self.settings, log=log, metrics=self.metrics)
        self.app: Flask = create_app(
            self.settings, registry=self.registry, log=log, metrics=self.metrics
        )
        self.client: FlaskClient = self.app.test_client()

    def events(self, name: str) -> list[Record]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] == name]

    def metric_lines(self, name: str) -> list[str]:
        text = self.metrics.render().decode()
        return [line for line in text.splitlines() if line.startswith(name)]


@pytest.fixture(scope="session")
def schema() -> CustomerSchema:
    return demo_schema()


@pytest.fixture(scope="session")
def document(schema: CustomerSchema) -> ModelDocument:
    return document_of(schema)


@pytest.fixture(scope="session")
def model_root(tmp_path_factory: pytest.TempPathFactory, document: ModelDocument) -> Path:
    """Hold a registry folder with one champion; do not change it."""
    root = tmp_path_factory.mktemp("models")
    Publisher(root).publish(document)
    return root


@pytest.fixture(scope="session")
def make_document() -> Callable[[CustomerSchema], ModelDocument]:
    return document_of


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    """Give an empty registry folder of this test's own."""
    return Publisher(tmp_path / "models")


@pytest.fixture
def make_service() -> Callable[..., Service]:
    return Service


@pytest.fixture
def service(model_root: Path) -> Service:
    running = Service(model_root, max_body_bytes=110_000, max_rows=20)
    running.registry.refresh()
    return running


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return service.client


@pytest.fixture
def customer() -> Record:
    """Describe one valid customer in canonical names, as course clients do."""
    return {
        "customerid": "7590-vhveg",
        "gender": "female",
        "seniorcitizen": 0,
        "partner": "yes",
        "dependents": "no",
        "tenure": 1,
        "phoneservice": "no",
        "multiplelines": "no_phone_service",
        "internetservice": "dsl",
        "onlinesecurity": "no",
        "onlinebackup": "yes",
        "deviceprotection": "no",
        "techsupport": "no",
        "streamingtv": "no",
        "streamingmovies": "no",
        "contract": "month-to-month",
        "paperlessbilling": "yes",
        "paymentmethod": "electronic_check",
        "monthlycharges": 29.85,
        "totalcharges": 29.85,
    }


@pytest.fixture
def post(client: FlaskClient) -> Callable[..., object]:
    """Give a function that posts JSON text or a value to /predict."""

    def send(body: object, **headers: str) -> object:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(
            "/predict", data=data, headers={"Content-Type": "application/json"} | names
        )

    return send


@pytest.fixture
def address(client: FlaskClient) -> Iterator[str]:
    """Serve the app on a port of this machine, for clients of other processes."""
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
