"""Telco, repeated stratified 5 x 5, seed 42: ours beside the recipe of the courses."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.training.row import Row
from benchmarks.training.telco import CONFIG, telco_csv
from churn_service.training.config import parse_config
from churn_service.training.cross_validation import Evaluation, evaluate_table
from churn_service.training.table import read_table

COURSE = "course"
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
    """Yield the means over 25 folds; `full` judges every family, else one."""
    table = telco_csv()
    if table is None:
        return
    families = b"" if full else b'[model]\nfamilies = ["spline"]\n'
    found = evaluate_table(
        read_table(table),
        parse_config(CONFIG + families),
        with_course=True,
        jobs=2,
        progress=lambda *_: None,
    )
    for recipe in found.recipes:
        if recipe != COURSE:
            yield from _recipe(found, recipe)


def _recipe(found: Evaluation, recipe: str) -> Iterator[Row]:
    for metric, goal in GOALS.items():
        ours, theirs = found.mean(recipe, metric), found.mean(COURSE, metric)
        low = metric in LOW_IS_GOOD
        yield Row(
            name=f"Telco 5x5, {recipe}: {metric} beside the course's liblinear",
            value=ours,
            goal=f"{'<=' if low else '>='} {goal:g}",
            met=ours <= goal if low else ours >= goal,
            rival=theirs,
            ratio=ours / theirs,
        )
    slope = found.mean(recipe, "calibration_slope")
    yield Row(
        name=f"Telco 5x5, {recipe}: calibration slope",
        value=slope,
        goal="0.95 to 1.05",
        met=SLOPES[0] <= slope <= SLOPES[1],
        rival=found.mean(COURSE, "calibration_slope"),
    )
    error = pooled_error(found, recipe)
    yield Row(
        name=f"Telco 5x5, {recipe}: pooled ECE10",
        value=error,
        goal=f"<= {ECE_GOAL}",
        met=error <= ECE_GOAL,
    )


def pooled_error(found: Evaluation, recipe: str) -> float:
    """Return the mean ECE10 of the repeats, each pooled over its five folds."""
    return float(
        np.mean([_repeat_error(found.folds[at : at + 5], recipe) for at in range(0, 25, 5)])
    )


def _repeat_error(folds: Any, recipe: str) -> float:
    logits = np.concatenate([fold.logits[recipe] for fold in folds])
    said = 1 / (1 + np.exp(-logits))
    churned = _labels()[np.concatenate([fold.judged for fold in folds])]
    groups = np.array_split(np.argsort(said, kind="stable"), 10)
    gaps = [abs(said[group].mean() - churned[group].mean()) * len(group) for group in groups]
    return float(sum(gaps) / len(said))


def _labels() -> Any:
    table = telco_csv()
    assert table is not None  # noqa: S101 - rows() has found it
    read = read_table(table)
    return np.array([row[-1].strip() == "Yes" for row in read.rows])
