"""From a split table to one fitted, calibrated model with its intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from churn_service.artefact.interval import IntervalTable
from churn_service.training.calibration import (
    CalibratedFit,
    CalibrationCheck,
    OutOfFold,
    calibrated,
    choose_calibration,
)
from churn_service.training.choice import Comparison, choose
from churn_service.training.config import TrainConfig
from churn_service.training.cross_validation import (
    FOLDS,
    Evaluation,
    Plan,
    cross_validate,
    sample_of,
)
from churn_service.training.dataset import Dataset
from churn_service.training.families.family import Sample, Tuned
from churn_service.training.families.fitting import fit_families, tune_families, tuned_of
from churn_service.training.intervals import interval_table
from churn_service.training.split import Split
from churn_service.training.steps import FITTING, JUDGING


@dataclass(frozen=True)
class Selection:
    """The model that was selected, and everything that was decided on the way.

    Attributes:
        family: The family of the model.
        tuned: Its settings, chosen on the train part.
        trial: The model fitted on the train part, for the validation part.
        fit: The model fitted on train and validation part, which is served.
        out_of_fold: Logits of the customers of both parts from outer folds.
        calibration: What was found about raw probabilities.
        interval: How sure probabilities are.
        comparison: The families side by side; None when the file names one.
    """

    family: str
    tuned: Tuned
    trial: CalibratedFit
    fit: CalibratedFit
    out_of_fold: OutOfFold
    calibration: CalibrationCheck
    interval: IntervalTable
    comparison: Comparison | None


def select(dataset: Dataset, config: TrainConfig, split: Split, plan: Plan) -> Selection:
    """Compare the families of the training file and fit the chosen one.

    Families are compared on train and validation part together, by nested
    cross-validation; a single family runs through the folds with the settings
    of the train part. The test part is never looked at.

    Raises:
        ConfigError, FitError: When the file asks for what cannot be done, or a
            fit did not converge.
    """
    plan.step(JUDGING)
    both = sample_of(dataset, config, split.fit)
    train = sample_of(dataset, config, split.train)
    keys = [dataset.keys[row] for row in split.fit]
    family, tuned, evaluation, comparison = _chosen(config.families, both, train, keys, plan)
    plan.step(FITTING)
    found = _out_of_fold(evaluation, family, both)
    calibration, check = choose_calibration(found)
    return Selection(
        family=family,
        tuned=tuned_of(family, tuned),
        trial=CalibratedFit(fit_families([family], train, tuned)[family], calibration),
        fit=CalibratedFit(fit_families([family], both, tuned)[family], calibration),
        out_of_fold=found,
        calibration=check,
        interval=interval_table(
            calibrated(calibration, found.logits), found.churned, found.weights
        ),
        comparison=comparison,
    )


def _chosen(
    families: Sequence[str], both: Sample, train: Sample, keys: Sequence[str], plan: Plan
) -> tuple[str, dict[str, Tuned], Evaluation, Comparison | None]:
    if len(families) == 1:
        tuned = tune_families(families, train)
        once = replace(plan, repeats=1)
        return families[0], tuned, cross_validate(both, keys, families, once, tuned), None
    evaluation = cross_validate(both, keys, families, plan)
    comparison = choose(evaluation, families)
    return comparison.chosen, tune_families([comparison.chosen], train), evaluation, comparison


def _out_of_fold(evaluation: Evaluation, family: str, sample: Sample) -> OutOfFold:
    logits = np.empty(len(sample.churned))
    for fold in evaluation.folds[:FOLDS]:  # the first repeat judges every customer once
        logits[fold.judged] = fold.logits[family]
    return OutOfFold(logits, sample.churned, sample.weights)
