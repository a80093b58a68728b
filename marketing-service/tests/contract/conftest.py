"""The real churn-service in process, behind `requests`, without a socket."""

import io
import json
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter
from werkzeug.test import Client

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
from churn_service.scorer.compilation import compile_scorer
from churn_service.scorer.scorecard import sigmoid
from churn_service.settings import Settings
from marketing_service.churn_client import ChurnClient
from marketing_service.http_deadline import DeadlineWatch
from marketing_service.http_policy import HttpPolicy
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

Rewrite = Callable[[bytes], bytes]


class WsgiAdapter(BaseAdapter):
    """Carries requests to a WSGI app in this process; `rewrite` may spoil the answers."""

    def __init__(self, application: Any) -> None:
        super().__init__()
        self._client = Client(application)
        self.rewrite: Rewrite = bytes
        self.seen: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        self.seen.append(request)
        answer = self._client.open(
            urlsplit(request.url or "").path,
            method=request.method,
            headers=dict(request.headers),
            data=request.body,
        )
        response = requests.Response()
        response.status_code = answer.status_code
        response.headers.update(answer.headers)
        response.raw = io.BytesIO(self.rewrite(answer.get_data()))
        return response

    def close(self) -> None:
        """Hold nothing."""


class ChurnService:
    """The churn-service with constructed models and a registry folder of its own."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.schema = demo_schema()
        self.version = ""
        settings = Settings(model_root=root)
        log = EventLog("churn-service", "test", io.StringIO())
        metrics = Metrics()
        self._registry = create_registry(settings, log=log, metrics=metrics)
        app = create_app(settings, registry=self._registry, log=log, metrics=metrics)
        self.adapter = WsgiAdapter(app)

    def promote(self, intercept: float = -0.4) -> None:
        """Publish a model and put it in charge."""
        document = _document(self.schema, intercept)
        extra = {"metrics.json": json.dumps({"auc": 0.85}).encode()}
        self.version = write_version(self._root, document, _golden(document), extra)
        write_alias(self._root, "churn", CHAMPION, self.version, reason="test", actor="test")
        self._registry.refresh()


@pytest.fixture
def churn(tmp_path: Path) -> ChurnService:
    service = ChurnService(tmp_path / "models")
    service.promote()
    return service


@pytest.fixture
def empty_churn(tmp_path: Path) -> ChurnService:
    """Give a service without any model."""
    return ChurnService(tmp_path / "models")


@pytest.fixture
def connect() -> Iterator[Callable[[ChurnService], ChurnClient]]:
    """Give a function that makes the real client of a service."""
    watch = DeadlineWatch(time.monotonic)

    def make(service: ChurnService) -> ChurnClient:
        session = requests.Session()
        session.mount("http://", service.adapter)
        policy = HttpPolicy(session, watch, sleep=lambda _seconds: None)
        return ChurnClient(policy, "http://churn", "chk_live_x")

    yield make
    watch.close()


@pytest.fixture
def records(churn: ChurnService) -> list[dict[str, object]]:
    return list(islice(sample_customers(churn.schema, 3), 1_000))


def _document(schema: CustomerSchema, intercept: float) -> ModelDocument:
    terms = tuple(_term(field, 1 / (1 + index)) for index, field in enumerate(schema.features))
    return ModelDocument(
        name="churn",
        schema=schema,
        schema_digest=schema.digest,
        threshold=0.5,
        horizon_days=30,
        scorer=Scorecard(intercept=intercept, terms=terms),
        training=TrainingFacts(data_sha256="d" * 64, config_sha256="c" * 64, rows=90, churned=30),
    )


def _term(field: Field, weight: float) -> Term:
    missing = 0.1 if field.accepts_missing else None
    if field.kind == "number":
        low, high = field.lowest or 0.0, field.highest or 0.0
        slope = weight / (high - low)
        return CurveTerm(
            field=field.name,
            knots=(low, high),
            intercepts=(0.0, -slope * low, weight),
            slopes=(0.0, slope, 0.0),
            missing=missing,
            mean=0.0,
        )
    weights = {level: weight * index for index, level in enumerate(field.levels)}
    other = 0.1 if field.unknown == "other" else None
    return LevelTerm(field=field.name, weights=weights, missing=missing, other=other, mean=0)


def _golden(document: ModelDocument) -> list[GoldenRow]:
    validator, score = Validator(document.schema), compile_scorer(document)
    rows = []
    for record in islice(sample_customers(document.schema, 1), 50):
        cells = {name: "" if value is None else str(value) for name, value in record.items()}
        logit = score(validator.check_text(cells).values)
        rows.append(GoldenRow(cells=cells, logit=logit, churn_probability=sigmoid(logit)))
    return rows
