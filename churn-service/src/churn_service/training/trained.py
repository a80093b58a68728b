"""What a training made, in memory: model, proof and measurements."""

from dataclasses import dataclass
from functools import cached_property

from churn_service.artefact.document import ModelDocument
from churn_service.artefact.golden import GoldenRow
from churn_service.training.calibration import CalibratedFit, CalibrationCheck, OutOfFold
from churn_service.training.choice import Comparison
from churn_service.training.dataset import Dataset
from churn_service.training.exploration import FeatureView, explore
from churn_service.training.families.family import Floats, Tuned
from churn_service.training.metrics import Metrics
from churn_service.training.split import Split


@dataclass(frozen=True)
class TrainedModel:
    """Everything that a training made, before it is written anywhere.

    Attributes:
        dataset: What was read.
        split: Which rows are for training, validation and test.
        family: The family that was trained.
        tuned: Its settings, chosen on the train part.
        fit: The model with its calibration, fitted on train and validation.
        document: What is served.
        golden: Constructed customers and the answers of the fit.
        validation: Quality of a trial fitted on the train part alone.
        test: Quality on the test part, measured once.
        parity: Largest difference between document and fit over all rows.
        out_of_fold: Logits of the training customers from outer folds.
        calibration: What was found about raw probabilities.
        comparison: The families side by side; None when the file names one.
    """

    dataset: Dataset
    split: Split
    family: str
    tuned: Tuned
    fit: CalibratedFit
    document: ModelDocument
    golden: tuple[GoldenRow, ...]
    validation: Metrics
    test: Metrics
    parity: float
    out_of_fold: OutOfFold
    calibration: CalibrationCheck
    comparison: Comparison | None = None

    @cached_property
    def exploration(self) -> list[FeatureView]:
        """Each feature of the train part alone, the strongest first."""
        rows = self.split.train
        return explore(self.document.schema, self.dataset.matrix(rows), self.dataset.churned[rows])

    @cached_property
    def test_chances(self) -> Floats:
        """What the fit says about each customer of the test part."""
        return self.fit.probabilities(self.dataset.matrix(self.split.test))
