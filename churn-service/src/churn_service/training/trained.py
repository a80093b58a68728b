"""What a training made, in memory: model, proof and measurements."""

from dataclasses import dataclass

from churn_service.artefact.document import ModelDocument
from churn_service.artefact.golden import GoldenRow
from churn_service.training.dataset import Dataset
from churn_service.training.metrics import Metrics
from churn_service.training.pipeline import Fit, Tuning
from churn_service.training.split import Split


@dataclass(frozen=True)
class TrainedModel:
    """Everything that a training made, before it is written anywhere."""

    dataset: Dataset
    split: Split
    tuning: Tuning
    fit: Fit
    document: ModelDocument
    golden: tuple[GoldenRow, ...]
    validation: Metrics
    test: Metrics
    parity: float
