"""Swap under load: a hundred changes of the champion, and what callers notice."""

import io
import itertools
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.training.row import Row
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
    TrainingFacts,
)
from churn_service.artefact.golden import GoldenRow
from churn_service.artefact.promotion_log import Note
from churn_service.artefact.promotions import Wish, promote, roll_back
from churn_service.artefact.writer import write_version
from churn_service.predictor import Predictor
from churn_service.registry import AliasWatcher, ModelRegistry
from churn_service.settings import Settings
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

CHANGES, QUICK_CHANGES = 100, 10
CLIENTS = 2
LONGEST_SECONDS = 2.0
WATCH_SECONDS = 1.0  # the default of CHURN_WATCH_SECONDS


class Caller(threading.Thread):
    """Asks without a pause; counts failures and answers of two versions."""

    def __init__(self, app: Any, body: list[dict[str, object]]) -> None:
        super().__init__(daemon=True)
        self._client = app.test_client()
        self._body = body
        self._ended = threading.Event()
        self.answers = self.failed = self.mixed = 0

    def run(self) -> None:
        """Ask until `end`."""
        while not self._ended.is_set():
            answer = self._client.post("/predict", json=self._body)
            self.answers += 1
            if answer.status_code != 200:
                self.failed += 1
                continue
            versions = {row["model_version"] for row in answer.get_json()}
            self.mixed += versions != {answer.headers["X-Model-Version"]}

    def end(self) -> None:
        """Stop asking; returns when the last answer is there."""
        self._ended.set()
        self.join()


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the figures of promotions and rollbacks under load."""
    changes = CHANGES if full else QUICK_CHANGES
    with tempfile.TemporaryDirectory() as folder:
        seconds, callers = _swap_under_load(Path(folder), changes)
    answers = sum(caller.answers for caller in callers)
    failed = sum(caller.failed for caller in callers)
    mixed = sum(caller.mixed for caller in callers)
    what = f"{changes} promotions and rollbacks"
    yield Row(f"{what}: answers given meanwhile", answers, "answers", "", None)
    yield Row(f"{what}: failed requests", failed, "requests", "= 0", failed == 0)
    yield Row(f"{what}: answers of two versions", mixed, "answers", "= 0", mixed == 0)
    yield Row("swap under load, median", statistics.median(seconds), "s", "", None)
    slowest = max(seconds)
    limit = f"<= {LONGEST_SECONDS:g}"
    yield Row("swap under load, slowest", slowest, "s", limit, slowest <= LONGEST_SECONDS)


def _swap_under_load(root: Path, changes: int) -> tuple[list[float], list[Caller]]:
    new = _versions(root)
    registry, app = _service(root)
    watcher = AliasWatcher(registry.refresh, WATCH_SECONDS)
    watcher.start()
    customers = list(itertools.islice(sample_customers(demo_schema(), 3), 5))
    callers = [Caller(app, customers[: 1 + 4 * number]) for number in range(CLIENTS)]
    for caller in callers:
        caller.start()
    seconds = [_change(root, registry, new, is_rollback=turn % 2 == 1) for turn in range(changes)]
    for caller in callers:
        caller.end()
    watcher.stop()
    return seconds, callers


def _change(root: Path, registry: ModelRegistry, new: str, *, is_rollback: bool) -> float:
    """Change the champion; return the seconds until the registry serves it."""
    if is_rollback:
        wanted = roll_back(root, "churn", Note("bench", "bench")).version
    else:
        wish = Wish(version=new, actor="bench", reason="bench", force=True)
        wanted = promote(root, "churn", wish).version
    started = time.monotonic()
    while registry.champion().version != wanted:
        time.sleep(0.001)
    return time.monotonic() - started


def _service(root: Path) -> tuple[ModelRegistry, Any]:
    settings = Settings(model_root=root)
    log, metrics = EventLog("churn-service", "bench", io.StringIO()), Metrics()
    registry = create_registry(settings, log=log, metrics=metrics)
    registry.refresh()
    return registry, create_app(settings, registry=registry, log=log, metrics=metrics)


def _versions(root: Path) -> str:
    """Write two versions, make the first one the champion, return the second."""
    old, new = (_write(root, intercept) for intercept in (-0.4, 0.3))
    write_alias(root, "churn", CHAMPION, old, reason="bench", actor="bench")
    return new


def _write(root: Path, intercept: float) -> str:
    schema = demo_schema()
    document = ModelDocument(
        name="churn",
        schema=schema,
        schema_digest=schema.digest,
        threshold=0.5,
        scorer=Scorecard(intercept=intercept, terms=tuple(map(_term, schema.features))),
        training=TrainingFacts(data_sha256="d" * 64, config_sha256="c" * 64, rows=90, churned=30),
    )
    return write_version(root, document, _golden(document, schema), {})


def _golden(document: ModelDocument, schema: CustomerSchema) -> list[GoldenRow]:
    predictor = Predictor("bench", document, Validator(schema))
    found = []
    for record in itertools.islice(sample_customers(schema, 1), 50):
        cells = {name: "" if value is None else str(value) for name, value in record.items()}
        logit = predictor.logit(predictor.validator.check_text(cells))
        found.append(
            GoldenRow(cells=cells, logit=logit, churn_probability=predictor.probability(logit))
        )
    return found


def _term(field: Field) -> LevelTerm | CurveTerm:
    missing = 0.0 if field.accepts_missing else None
    if field.kind == "number":
        return CurveTerm(
            field=field.name,
            knots=(field.lowest or 0.0, field.highest or 1.0),
            intercepts=(0.0, 0.0, 0.0),
            slopes=(0.0, 0.01, 0.0),
            missing=missing,
        )
    weights = {level: 0.1 * index for index, level in enumerate(field.levels)}
    return LevelTerm(field=field.name, weights=weights, missing=missing)
