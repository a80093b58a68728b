"""Make a model: dataset, split, fit, evaluate, write."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version as library_version
from pathlib import Path

import msgspec

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import ModelDocument, TrainingFacts
from churn_service.artefact.writer import write_version
from churn_service.training.calibration import CalibratedFit
from churn_service.training.config import TrainConfig
from churn_service.training.cross_validation import Plan
from churn_service.training.dataset import Dataset, Rows
from churn_service.training.golden import golden_rows
from churn_service.training.metrics import Metrics, measure
from churn_service.training.model_card import model_card
from churn_service.training.parity import check_parity
from churn_service.training.reading import build_dataset, with_training_range
from churn_service.training.reference import build_reference
from churn_service.training.report import (
    report_data,
    report_facts,
    report_html,
    training_report,
)
from churn_service.training.selection import Selection, select
from churn_service.training.split import Split, split_dataset
from churn_service.training.steps import CHECKING, PROVING
from churn_service.training.table import Table
from churn_service.training.threads import one_thread
from churn_service.training.trained import TrainedModel

THRESHOLD = 0.5
LIBRARIES = ("numpy", "scikit-learn", "scipy", "churn-service", "churn-contract")


@dataclass(frozen=True)
class Registration:
    """Where a trained model was written, and its report of the six steps."""

    version: str
    folder: Path
    report: str


def train_model(
    table: Table, config: TrainConfig, name: str, plan: Plan | None = None
) -> TrainedModel:
    """Train on a table; the same table and config give the same model.

    The families of the training file are compared on train and validation part
    by nested cross-validation. The settings of the chosen one come from the
    train part and are checked on the validation part; it is then fitted again
    on both. The test part is used once, to measure.

    Args:
        table: What was read.
        config: The training file.
        name: The name of the model.
        plan: How to run the outer folds, and whom to tell of every step; None
            means five folds in this process, and nobody.

    Raises:
        TrainingError: When config, table or fit cannot be used.
    """
    plan = plan or Plan()
    plan.step(CHECKING)
    with one_thread():
        return _train(build_dataset(table, config, name), config, plan)


def write_trained(model: TrainedModel, root: Path) -> Registration:
    """Write the version; no alias points at it yet."""
    extra = _extra_files(model)
    version = write_version(root, model.document, model.golden, extra, made_with=made_with())
    return Registration(version, root / model.document.name / version, extra["report.txt"].decode())


def made_with() -> Mapping[str, str]:
    """Return the versions that decide the last bits of a fit."""
    versions = {library: library_version(library) for library in LIBRARIES}
    return {"python": platform.python_version(), **versions}


def _train(dataset: Dataset, config: TrainConfig, plan: Plan) -> TrainedModel:
    split = split_dataset(dataset)
    selection = select(dataset, config, split, plan)
    plan.step(PROVING)
    fit = selection.fit
    schema = with_training_range(dataset.schema, [dataset.customers[row] for row in split.fit])
    document = msgspec.structs.replace(
        _document(dataset, config, schema, selection, split),
        reference=build_reference(
            dataset, split, schema, fit.probabilities(dataset.matrix(split.test))
        ),
    )
    return TrainedModel(
        dataset=dataset,
        split=split,
        family=selection.family,
        tuned=selection.tuned,
        fit=fit,
        document=document,
        golden=golden_rows(fit, schema),
        validation=_measured(dataset, selection.trial, split.validation),
        test=_measured(dataset, fit, split.test),
        parity=check_parity(dataset, fit, document),
        out_of_fold=selection.out_of_fold,
        calibration=selection.calibration,
        comparison=selection.comparison,
    )


def _measured(dataset: Dataset, fit: CalibratedFit, rows: Rows) -> Metrics:
    chances = fit.probabilities(dataset.matrix(rows))
    return measure(dataset.churned[rows], chances, dataset.weights[rows])


def _document(
    dataset: Dataset,
    config: TrainConfig,
    schema: CustomerSchema,
    selection: Selection,
    split: Split,
) -> ModelDocument:
    return ModelDocument(
        name=schema.name,
        schema=schema,
        schema_digest=schema.digest,
        threshold=THRESHOLD,
        horizon_days=config.horizon_days,
        scorer=selection.fit.compile(schema, dataset.matrix(split.fit)),
        calibration=selection.fit.calibration,
        interval=selection.interval,
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
        "report": report_data(model, facts),
        "test": asdict(model.test),
        "validation": asdict(model.validation),
        "family": model.family,
        "families": _families(model),
        "settings": model.tuned.settings,
        "inner_log_loss": model.tuned.losses,
        "fit": model.fit.facts(),
        "calibration": asdict(model.calibration),
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


def _families(model: TrainedModel) -> dict[str, object]:
    comparison = model.comparison
    if comparison is None:
        return {}
    return {
        "log_loss": comparison.losses,
        "kept": comparison.kept,
        "best": comparison.best,
        "cost": comparison.cost,
        "paired": [asdict(pair) for pair in comparison.paired],
    }
