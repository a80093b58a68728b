"""Tables that are not additive: what `churn train` picks, a tuned rival, and Bayes.

Ours is the model that training chooses among all its families. The rival is
scikit-learn's HistGradientBoosting, tuned by a random search (`DRAWS`) on three inner
folds of the very rows that ours has learned from. Both are judged on other customers,
against true probabilities. The last table is additive: there trees have to lose.
"""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from benchmarks.row import Row
from benchmarks.training.boosters import HistGradientBoosting, Lesson, tuned_chances
from benchmarks.training.known_truth import (
    NOT_ADDITIVE,
    KnownTable,
    draw_table,
    expected_auc,
    expected_log_loss,
)
from benchmarks.training.served import probabilities
from churn_service.training.config import parse_config
from churn_service.training.table import parse_table
from churn_service.training.threads import one_thread
from churn_service.training.trainer import train_model

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Codes = dict[str, dict[str, float]]
ROWS, JUDGED, DRAWS = 5_000, 50_000, 20
QUICK_LAWS, QUICK_ROWS, QUICK_DRAWS = ("interactions", "missing"), 3_000, 5
SLACK = 0.002
SEED = 42


@dataclass(frozen=True)
class Duel:
    """The probabilities of ours and of the rival for the same customers of a law."""

    law: str
    family: str
    ours: Floats
    rival: Floats
    chances: Floats


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield four rows per law; without `full` fewer laws, rows and draws."""
    laws = (*NOT_ADDITIVE, "additive") if full else QUICK_LAWS
    size, draws = (ROWS, DRAWS) if full else (QUICK_ROWS, QUICK_DRAWS)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        duels = pool.map(duel, laws, [size] * len(laws), [draws] * len(laws))
        for found in duels:
            yield from _rows(found, f"{found.law}, {size:,} rows, {draws} draws")


def duel(law: str, size: int, draws: int) -> Duel:
    """Let both learn from the same rows of a law and judge the same other ones."""
    table, others = draw_table(law, size, seed=1), draw_table(law, JUDGED, seed=2)
    model = train_model(parse_table(table.csv()), parse_config(table.config), law)
    with one_thread():
        rival = _rival(table, others, model.split.fit, draws)
    ours = probabilities(model, parse_table(others.csv()))
    return Duel(law, model.family, ours, rival, others.chances)


def lesson(table: KnownTable, codes: Codes) -> Lesson:
    """Encode a table for trees: numbers as they are, levels by code, others NaN."""
    columns = table.drawn.columns
    design = [
        np.array([codes[name].get(value, np.nan) for value in values.tolist()])
        if name in codes
        else values
        for name, values in columns.items()
    ]
    levels = tuple(place for place, name in enumerate(columns) if name in codes)
    return Lesson(np.column_stack(design), table.churned, levels)


def codes_of(table: KnownTable, learned: Rows) -> Codes:
    """Number the levels that these rows show, column by column."""
    return {
        name: {level: float(place) for place, level in enumerate(np.unique(values[learned]))}
        for name, values in table.drawn.columns.items()
        if values.dtype.kind != "f"
    }


def _rival(table: KnownTable, others: KnownTable, learned: Rows, draws: int) -> Floats:
    codes = codes_of(table, learned)
    known = lesson(table, codes).take(learned)
    folds = StratifiedGroupKFold(3, shuffle=True, random_state=SEED)
    splits = list(folds.split(known.design, known.churned, table.drawn.ids[learned]))
    judged = lesson(others, codes).design
    return tuned_chances(HistGradientBoosting(), known, judged, splits, draws)


def _rows(found: Duel, what: str) -> Iterator[Row]:
    chances = found.chances
    ours, rival, best = (
        {"AUC": expected_auc(said, chances), "log loss": expected_log_loss(said, chances)}
        for said in (found.ours, found.rival, chances)
    )
    goals = {
        "AUC": (f">= HGB - {SLACK}", ours["AUC"] >= rival["AUC"] - SLACK),
        "log loss": (f"<= HGB + {SLACK}", ours["log loss"] <= rival["log loss"] + SLACK),
    }
    for metric, (goal, met) in goals.items():
        name = f"{what}: {found.family} beside tuned HGB, {metric}"
        mine, theirs = ours[metric], rival[metric]
        yield Row(name, mine, "", goal, met, theirs, mine / theirs)
    for metric, limit in best.items():
        name = f"{what}: {metric} to Bayes ({limit:.4f}), ours and HGB"
        yield Row(name, abs(limit - ours[metric]), rival=abs(limit - rival[metric]))
