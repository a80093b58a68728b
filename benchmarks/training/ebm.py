"""An explainable boosting machine as the trainer of a scorecard, beside ours, on Telco.

Needs `interpret-core`, which nothing else here needs: `pip install interpret-core` in an
environment of its own. Without it one row says so.
"""

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from benchmarks.row import Row, skipped
from benchmarks.training.telco import ABSENT, CONFIG, telco_csv
from churn_service.training.choice import corrected_t
from churn_service.training.config import parse_config
from churn_service.training.cross_validation import (
    FOLDS,
    Evaluation,
    Plan,
    cross_validate,
    sample_of,
)
from churn_service.training.families.family import Sample
from churn_service.training.reading import build_dataset
from churn_service.training.table import read_table
from churn_service.training.threads import one_thread

PACKAGE = "interpret"
FAMILIES = ("spline",)
REPEATS, INNER_FOLDS, SEED, TEST_SHARE = 5, 3, 42, 0.25
SETTINGS: tuple[dict[str, int], ...] = (
    {},
    {"max_bins": 32},
    {"max_leaves": 2},
    {"smoothing_rounds": 500},
)

Machine = Callable[[Sample], Any]


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield both losses on the same folds and the corrected t between them."""
    table = telco_csv()
    if not full or table is None or find_spec(PACKAGE) is None:
        yield skipped("EBM beside our scorecard", _reason(full=full, has_table=table is not None))
        return
    config = parse_config(CONFIG)
    with one_thread():
        dataset = build_dataset(read_table(table), config, "telco")
        sample = sample_of(dataset, config)
    for name, machine, repeats in (
        ("additive, as shipped", _shipped, REPEATS),
        ("10 pairs, as shipped", _paired, 1),
        ("additive, tuned inside the folds", _tuned, 1),
    ):
        sys.stderr.write(f"  EBM {name}, {repeats * FOLDS} folds ...\n")
        ours = cross_validate(sample, dataset.keys, FAMILIES, Plan(jobs=2, repeats=repeats))
        yield from _figures(f"Telco {repeats}x{FOLDS}, EBM {name}", ours, sample, machine)


def _reason(*, full: bool, has_table: bool) -> str:
    if not full:
        return "takes minutes: FULL=1"
    return "interpret-core is not installed" if has_table else ABSENT


def _figures(name: str, ours: Evaluation, sample: Sample, machine: Machine) -> Iterator[Row]:
    theirs = [_judged(ours, at, sample, machine) for at in range(len(ours.folds))]
    losses, areas = np.array(theirs).T
    for family in FAMILIES:
        kept = ours.values(family, "log_loss")
        t = corrected_t([one - two for one, two in zip(kept, losses, strict=True)], TEST_SHARE)
        yield _beside(f"{name}: log loss of {family} beside it", np.mean(kept), np.mean(losses))
        area = ours.mean(family, "auc")
        yield _beside(f"{name}: AUC of {family} beside it", area, np.mean(areas))
        yield Row(f"{name}: corrected t of its gain over {family}", t)


def _beside(name: str, ours: Any, theirs: Any) -> Row:
    return Row(name, float(ours), rival=float(theirs), ratio=float(ours / theirs))


def _judged(ours: Evaluation, at: int, sample: Sample, machine: Machine) -> tuple[float, float]:
    judged = ours.folds[at].judged
    learned = np.setdiff1d(np.arange(len(sample.churned)), judged)
    model = machine(sample.take(learned))
    chances = model.predict_proba(sample.matrix[judged])[:, 1]
    churned = sample.churned[judged]
    return float(log_loss(churned, chances)), float(roc_auc_score(churned, chances))


def _shipped(sample: Sample) -> Any:
    return _fitted(sample, interactions=0)


def _paired(sample: Sample) -> Any:
    return _fitted(sample, interactions=10)


def _tuned(sample: Sample) -> Any:
    folds = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=SEED)
    splits = list(folds.split(sample.matrix, sample.churned))
    losses = [
        np.mean([_inner_loss(sample, learned, held, tried) for learned, held in splits])
        for tried in SETTINGS
    ]
    return _fitted(sample, interactions=0, **SETTINGS[int(np.argmin(losses))])


def _inner_loss(sample: Sample, learned: Any, held: Any, tried: dict[str, int]) -> float:
    model = _fitted(sample.take(learned), interactions=0, **tried)
    return float(log_loss(sample.churned[held], model.predict_proba(sample.matrix[held])[:, 1]))


def _fitted(sample: Sample, **settings: int) -> Any:
    glassbox = importlib.import_module(f"{PACKAGE}.glassbox")
    model = glassbox.ExplainableBoostingClassifier(
        feature_types=[
            "continuous" if field.kind == "number" else "nominal"
            for field in sample.schema.features
        ],
        random_state=SEED,
        n_jobs=2,
        **settings,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that its plots hide missing values
        return model.fit(sample.matrix, sample.churned)
