"""Make a version of a foreign model: matched with a table, converted, checked, written."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np

from churn_contract.validation import Validator
from churn_service.artefact.document import ModelDocument, TrainingFacts
from churn_service.artefact.golden import GoldenRow
from churn_service.artefact.trees import Trees
from churn_service.artefact.verdict import Verdict
from churn_service.artefact.writer import write_version
from churn_service.scorer.compilation import compile_scorer
from churn_service.scorer.scorecard import sigmoid
from churn_service.training.config import TrainConfig
from churn_service.training.dataset import Dataset
from churn_service.training.errors import ForeignModelError
from churn_service.training.golden import golden_cells
from churn_service.training.imports.documents import scorer_of
from churn_service.training.imports.found import Found, Linear
from churn_service.training.imports.matching import Matched, match
from churn_service.training.imports.sandbox import read_foreign
from churn_service.training.lifecycle import held_out_of, judge_version
from churn_service.training.metrics import Metrics, measure
from churn_service.training.reading import with_training_range
from churn_service.training.reference import build_reference
from churn_service.training.split import split_dataset
from churn_service.training.trainer import made_with

LIMIT = 1e-12


@dataclass(frozen=True)
class Source:
    """A foreign model and where it comes from."""

    found: Found
    sha256: str

    @property
    def kind(self) -> str:
        """What it is, in words."""
        name = "logistic regression" if isinstance(self.found.model, Linear) else "boosted trees"
        return f"{name} of scikit-learn {self.found.scikit_learn}".rstrip()


@dataclass(frozen=True)
class Imported:
    """What an import made.

    Attributes:
        version: The version that was written; a candidate, no alias points at it.
        folder: Where it is.
        kind: What it was, in words.
        rows: How many customers of the table both scored.
        difference: The largest difference of their logits.
        test: Quality on the test part of the table.
        verdict: What the gate says; None without a champion to compare with.
    """

    version: str
    folder: Path
    kind: str
    rows: int
    difference: float
    test: Metrics
    verdict: Verdict | None


def read_source(paths: Sequence[Path]) -> Source:
    """Read a foreign model from one file, or from the two that a course saves."""
    digests = b"".join(sha256(path.read_bytes()).digest() for path in paths)
    return Source(read_foreign(paths), sha256(digests).hexdigest())


def import_model(
    source: Source, whole: Dataset, config: TrainConfig, root: Path, threshold: float
) -> Imported:
    """Write a foreign model as a version of ours.

    Levels, ranges, reference and golden rows come from the table and the training file.

    Args:
        source: The model.
        whole: The customers of a table, as `build_dataset` reads them.
        config: The training file.
        root: The registry folder.
        threshold: The probability from which churn is true.

    Raises:
        TrainingError: When table, file or model cannot be used.
    """
    name = whole.schema.name
    matched = match(source.found, whole)
    document = _document(matched, source, config, threshold)
    difference, logits = _checked(matched, document)
    split = split_dataset(whole)
    chances = np.array([sigmoid(logit) for logit in logits])
    test = measure(whole.churned[split.test], chances[split.test], whole.weights[split.test])
    reference = build_reference(matched.dataset, split, document.schema, chances[split.test])
    version = write_version(
        root,
        msgspec.structs.replace(document, reference=reference),
        _golden(matched, document),
        _extra_files(source, test, difference, len(logits)),
        made_with=made_with(),
    )
    verdict = judge_version(root, name, version, held_out_of(whole, split))
    return Imported(
        version, root / name / version, source.kind, len(logits), difference, test, verdict
    )


def _document(
    matched: Matched, source: Source, config: TrainConfig, threshold: float
) -> ModelDocument:
    schema = with_training_range(matched.schema, matched.dataset.customers)
    return ModelDocument(
        name=schema.name,
        schema=schema,
        schema_digest=schema.digest,
        threshold=threshold,
        horizon_days=config.horizon_days,
        scorer=scorer_of(matched),
        training=TrainingFacts(
            data_sha256=source.sha256,
            config_sha256=config.sha256,
            rows=len(matched.dataset.customers),
            churned=int(matched.dataset.churned.sum()),
        ),
    )


def _checked(matched: Matched, document: ModelDocument) -> tuple[float, list[float]]:
    """Return how far our tables are from the model as found, and all logits."""
    score = compile_scorer(document)
    ours = [score(customer.values) for customer in matched.dataset.customers]
    theirs = [matched.logit(customer) for customer in matched.dataset.customers]
    pairs = zip(ours, theirs, strict=True)
    difference = max(abs(one - other) / max(1.0, abs(other)) for one, other in pairs)
    if difference > (0.0 if isinstance(document.scorer, Trees) else LIMIT):
        raise ForeignModelError(
            f"the converted model differs by {difference:.1e} from the one in the file; nothing "
            "was written. This is a fault of ours: please report it with the kinds of its steps"
        )
    return difference, ours


def _golden(matched: Matched, document: ModelDocument) -> list[GoldenRow]:
    validator = Validator(document.schema)
    rows = []
    for cells in golden_cells(document.schema):
        logit = matched.logit(validator.check_text(cells))
        rows.append(GoldenRow(cells=cells, logit=logit, churn_probability=sigmoid(logit)))
    return rows


def _extra_files(source: Source, test: Metrics, difference: float, rows: int) -> dict[str, bytes]:
    metrics = {
        "test": asdict(test),
        "family": "imported",
        "imported": {"kind": source.kind, "sha256": source.sha256, "difference": difference},
    }
    return {
        "metrics.json": json.dumps(metrics, indent=2, sort_keys=True).encode(),
        "report.txt": import_report(source, test, difference, rows).encode(),
    }


def import_report(source: Source, test: Metrics, difference: float, rows: int) -> str:
    """Return what was imported and how good it is, in words."""
    return (
        f"imported: {source.kind}, file sha256 {source.sha256[:12]}\n"
        f"the version and the model in the file agree on all {rows:,} customers of the table "
        f"(largest difference {difference:.1e})\n"
        f"on {test.rows:,} customers of the test part: AUC {test.auc:.4f}, log loss "
        f"{test.log_loss:.4f}, calibration slope {test.calibration_slope:.2f}\n"
        "the imported model may have learned from these customers; then this flatters it\n"
    )
