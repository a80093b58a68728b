"""Make a model: dataset, split, fit, evaluate, write, put in charge."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version as library_version
from pathlib import Path

import msgspec
import numpy as np

from churn_contract.schema import CustomerSchema
from churn_service.artefact.aliases import CHAMPION, write_alias
from churn_service.artefact.document import ModelDocument, Scorecard, TrainingFacts
from churn_service.artefact.writer import write_version
from churn_service.scorer.compilation import compile_scorer
from churn_service.scorer.scorecard import sigmoid
from churn_service.training.compiler import compile_pipeline
from churn_service.training.config import TrainConfig
from churn_service.training.dataset import Dataset, Rows
from churn_service.training.errors import FitError
from churn_service.training.golden import golden_rows
from churn_service.training.metrics import Metrics, measure
from churn_service.training.model_card import model_card
from churn_service.training.pipeline import Fit, fit_scorecard, tune
from churn_service.training.reading import build_dataset, with_training_range
from churn_service.training.reference import build_reference
from churn_service.training.report import report_facts, report_html, training_report
from churn_service.training.split import Split, split_dataset
from churn_service.training.table import Table
from churn_service.training.threads import one_thread
from churn_service.training.trained import TrainedModel

THRESHOLD = 0.5
PARITY_LIMIT = 1e-12
LIBRARIES = ("numpy", "scikit-learn", "scipy", "churn-service", "churn-contract")


@dataclass(frozen=True)
class Registration:
    """Where a trained model was written, and its report of the six steps."""

    version: str
    folder: Path
    report: str


def train_model(table: Table, config: TrainConfig, name: str) -> TrainedModel:
    """Train on a table; the same table and config give the same model.

    The C is chosen on the train part and checked on the validation part; the
    model is then fitted again on both. The test part is used once, to measure.

    Raises:
        TrainingError: When config, table or fit cannot be used.
    """
    with one_thread():
        return _train(build_dataset(table, config, name), config)


def register(model: TrainedModel, root: Path, *, actor: str) -> Registration:
    """Write the version and make it the champion."""
    done = write_trained(model, root)
    name = model.document.name
    write_alias(root, name, CHAMPION, done.version, reason="trained", actor=actor)
    return done


def write_trained(model: TrainedModel, root: Path) -> Registration:
    """Write the version; no alias points at it yet."""
    version = write_version(
        root, model.document, model.golden, _extra_files(model), made_with=made_with()
    )
    return Registration(version, root / model.document.name / version, training_report(model))


def made_with() -> Mapping[str, str]:
    """Return the versions that decide the last bits of a fit."""
    versions = {library: library_version(library) for library in LIBRARIES}
    return {"python": platform.python_version(), **versions}


def _train(dataset: Dataset, config: TrainConfig) -> TrainedModel:
    split = split_dataset(dataset)
    train, churned = dataset.matrix(split.train), dataset.churned
    weights = dataset.weights
    tuning = tune(train, churned[split.train], dataset.schema, weights[split.train])
    trial = fit_scorecard(
        train, churned[split.train], dataset.schema, tuning.best_c, weights[split.train]
    )
    fit_matrix = dataset.matrix(split.fit)
    fit = fit_scorecard(
        fit_matrix, churned[split.fit], dataset.schema, tuning.best_c, weights[split.fit]
    )
    schema = with_training_range(dataset.schema, [dataset.customers[row] for row in split.fit])
    scorer = compile_pipeline(fit, schema, fit_matrix)
    document = msgspec.structs.replace(
        _document(dataset, config, schema, scorer, split),
        reference=build_reference(
            dataset, split, schema, fit.probabilities(dataset.matrix(split.test))
        ),
    )
    return TrainedModel(
        dataset=dataset,
        split=split,
        tuning=tuning,
        fit=fit,
        document=document,
        golden=golden_rows(fit, schema),
        validation=_measured(dataset, trial, split.validation),
        test=_measured(dataset, fit, split.test),
        parity=check_parity(dataset, fit, document),
    )


def check_parity(dataset: Dataset, fit: Fit, document: ModelDocument) -> float:
    """Return the largest difference between tables and pipeline over all rows.

    Raises:
        FitError: When a probability differs by more than 1e-12.
    """
    score = compile_scorer(document)
    compiled = np.array([sigmoid(score(customer.values)) for customer in dataset.customers])
    difference = float(np.abs(compiled - fit.probabilities(dataset.matrix())).max())
    if difference > PARITY_LIMIT:
        raise FitError(
            f"tables and pipeline differ by {difference:.1e}; a column has very large "
            "numbers close together: subtract a constant from it, or ignore it"
        )
    return difference


def _measured(dataset: Dataset, fit: Fit, rows: Rows) -> Metrics:
    chances = fit.probabilities(dataset.matrix(rows))
    return measure(dataset.churned[rows], chances, dataset.weights[rows])


def _document(
    dataset: Dataset, config: TrainConfig, schema: CustomerSchema, scorer: Scorecard, split: Split
) -> ModelDocument:
    return ModelDocument(
        name=schema.name,
        schema=schema,
        schema_digest=schema.digest,
        threshold=THRESHOLD,
        horizon_days=config.horizon_days,
        scorer=scorer,
        training=TrainingFacts(
            data_sha256=dataset.table.sha256,
            config_sha256=config.sha256,
            rows=len(split.fit),
            churned=int(dataset.churned[split.fit].sum()),
        ),
    )


def _extra_files(model: TrainedModel) -> dict[str, bytes]:
    facts = report_facts(model)
    metrics = {
        "report": asdict(facts),
        "test": asdict(model.test),
        "validation": asdict(model.validation),
        "c": model.tuning.best_c,
        "inner_log_loss": {str(c): loss for c, loss in model.tuning.losses.items()},
        "gradient": model.fit.gradient,
        "parity": model.parity,
        "rows": {
            "train": len(model.split.train),
            "validation": len(model.split.validation),
            "test": len(model.split.test),
        },
    }
    return {
        "metrics.json": msgspec.json.format(msgspec.json.encode(metrics, order="sorted")),
        "report.txt": training_report(model).encode(),
        "report.html": report_html(model, facts).encode(),
        "card.md": model_card(model, facts).encode(),
    }
