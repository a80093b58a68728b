"""Telco, repeated stratified 5 x 5, seed 42: ours beside the course's recipe and rivals.

`full` judges every family, and LightGBM and XGBoost on the same 25 folds: each is tuned
inside every outer fold by `DRAWS` random draws on three inner folds, with one column
per level. The pooled ECE10 of a repeat has ten bins of as many customers each, over
the out-of-fold predictions of its five folds together.
"""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit  # type: ignore[import-untyped]  # ships no types
from sklearn.model_selection import StratifiedKFold

from benchmarks.row import Row, skipped
from benchmarks.training.boosters import (
    INSTALL,
    Booster,
    Lesson,
    LightGBM,
    XGBoost,
    is_installed,
    tuned_chances,
)
from benchmarks.training.telco import ABSENT, CONFIG, telco_csv
from churn_service.training.choice import choose
from churn_service.training.config import TrainConfig, parse_config
from churn_service.training.cross_validation import (
    REPEATS,
    SEED,
    Evaluation,
    FoldResult,
    Plan,
    cross_validate,
    sample_of,
)
from churn_service.training.dataset import Dataset
from churn_service.training.family_names import SPLINE
from churn_service.training.metrics import measure
from churn_service.training.reading import build_dataset
from churn_service.training.table import read_table
from churn_service.training.threads import one_thread

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

COURSE = "course"
DRAWS = 8
LOW_IS_GOOD = {"log_loss", "brier"}
GOALS = {
    "auc": 0.8505,
    "log_loss": 0.4098,
    "brier": 0.1330,
    "average_precision": 0.672,
    "empc": 10.40,
}
SLOPES = (0.95, 1.05)
ECE_GOAL = 0.0149


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the means over 25 folds; `full` judges every family and the rivals, else one.

    The goals are those of the family that training would pick.
    """
    table = telco_csv()
    if table is None:
        yield skipped("quality", ABSENT)
        return
    config = parse_config(CONFIG + (b"" if full else b'[model]\nfamilies = ["spline"]\n'))
    dataset = build_dataset(read_table(table), config, "telco")
    found = _ours(dataset, config)
    picked = choose(found, config.families).chosen
    for recipe in config.families:
        for row in _recipe(found, recipe, dataset.churned):
            yield row if recipe == picked else replace(row, goal="", met=None)
    if full:
        yield from _rival_rows(found, config.families, dataset)


def pooled_error(found: Evaluation, recipe: str, churned: Labels) -> float:
    """Return the mean ECE10 of the repeats, each pooled over its five folds."""
    repeats = [found.folds[at : at + 5] for at in range(0, len(found.folds), 5)]
    return float(np.mean([_repeat_error(folds, recipe, churned) for folds in repeats]))


def one_hot(dataset: Dataset) -> Lesson:
    """Return numbers (NaN missing) and one column per level."""
    matrix, columns = dataset.matrix(), []
    for place, field in enumerate(dataset.schema.features):
        values = matrix[:, place]
        levels = [None] if field.kind == "number" else list(field.levels)
        columns += [values if level is None else values == level for level in levels]
    return Lesson(np.column_stack(columns).astype(np.float64), dataset.churned)


def rival_fold(booster: Booster, learned: Lesson, judged: Floats) -> Floats:
    """Tune and fit a rival on one outer fold, in whichever process."""
    folds = StratifiedKFold(3, shuffle=True, random_state=SEED)
    splits = list(folds.split(learned.design, learned.churned))
    with one_thread():
        return tuned_chances(booster, learned, judged, splits, DRAWS)


def _ours(dataset: Dataset, config: TrainConfig) -> Evaluation:
    plan = Plan(jobs=2, repeats=REPEATS, with_course=True)
    return cross_validate(sample_of(dataset, config), dataset.keys, config.families, plan)


def _recipe(found: Evaluation, recipe: str, churned: Labels) -> Iterator[Row]:
    for metric, goal in GOALS.items():
        ours, low = found.mean(recipe, metric), metric in LOW_IS_GOOD
        sign, met = ("<=", ours <= goal) if low else (">=", ours >= goal)
        row = _beside(found, recipe, COURSE, metric)
        yield replace(row, goal=f"{sign} {goal:g}", met=met)
    slope = found.mean(recipe, "calibration_slope")
    met = SLOPES[0] <= slope <= SLOPES[1]
    row = _beside(found, recipe, COURSE, "calibration_slope")
    yield replace(row, goal="0.95 to 1.05", met=met, ratio=None)
    error = pooled_error(found, recipe, churned)
    name = f"Telco 5x5, {recipe}: pooled ECE10"
    yield Row(name, error, "", f"<= {ECE_GOAL}", error <= ECE_GOAL)


def _beside(found: Evaluation, recipe: str, rival: str, metric: str) -> Row:
    ours, theirs = found.mean(recipe, metric), found.mean(rival, metric)
    whose = "the course's liblinear" if rival == COURSE else f"tuned {rival}"
    name = f"Telco 5x5, {recipe}: {metric} beside {whose}"
    return Row(name=name, value=ours, rival=theirs, ratio=ours / theirs)


def _rival_rows(found: Evaluation, families: Sequence[str], dataset: Dataset) -> Iterator[Row]:
    best = min(families, key=lambda family: found.mean(family, "log_loss"))
    for booster in (LightGBM(), XGBoost()):
        if not is_installed(booster):
            yield skipped(f"Telco 5x5, {booster.name}", f"not installed: {INSTALL}")
            continue
        both = _with_rival(found, booster, one_hot(dataset))
        for recipe in sorted({SPLINE, best} & set(families)):
            for metric in (*GOALS, "calibration_slope"):
                yield _beside(both, recipe, booster.name, metric)
        error = pooled_error(both, booster.name, dataset.churned)
        yield Row(f"Telco 5x5, tuned {booster.name} itself: pooled ECE10", error)


def _with_rival(found: Evaluation, booster: Booster, lesson: Lesson) -> Evaluation:
    """Let a rival learn from and be judged on the folds of an evaluation."""
    everybody = np.arange(len(lesson.churned))
    learned = [lesson.take(np.setdiff1d(everybody, fold.judged)) for fold in found.folds]
    judged = [lesson.design[fold.judged] for fold in found.folds]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        chances = list(pool.map(rival_fold, [booster] * len(learned), learned, judged))
    folds = zip(found.folds, chances, strict=True)
    return Evaluation(tuple(_extended(fold, booster.name, said, lesson) for fold, said in folds))


def _extended(fold: FoldResult, name: str, said: Floats, lesson: Lesson) -> FoldResult:
    metrics = measure(lesson.churned[fold.judged], said)
    return replace(
        fold,
        metrics={**fold.metrics, name: metrics},
        logits={**fold.logits, name: logit(said)},
    )


def _repeat_error(folds: Sequence[FoldResult], recipe: str, churned: Labels) -> float:
    said = expit(np.concatenate([fold.logits[recipe] for fold in folds]))
    found = churned[np.concatenate([fold.judged for fold in folds])]
    groups = np.array_split(np.argsort(said, kind="stable"), 10)
    gaps = [abs(said[group].mean() - found[group].mean()) * len(group) for group in groups]
    return float(sum(gaps) / len(said))
