"""How often the interval of a probability holds the true churn rate of customers alike.

A model of a known law says "of 100 like this, 55 to 68 leave". Customers alike are the
bands of its table of intervals; the truth is the mean chance of other customers of a
band. A scorecard is judged on a law that it can learn and on one that it cannot.
"""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from scipy.stats import binom  # type: ignore[import-untyped]  # ships no types

from benchmarks.row import Row
from benchmarks.training.known_truth import draw_table
from benchmarks.training.served import predictions
from churn_service.scorer.calibration import logit_of
from churn_service.training.config import parse_config
from churn_service.training.intervals import LEVEL
from churn_service.training.table import parse_table
from churn_service.training.trainer import train_model

LAWS = ("additive", "interactions")
JUDGED = 10_000
TABLES, QUICK_TABLES = {1_000: 40, 3_000: 16, 10_000: 6}, {1_000: 6, 3_000: 2}
CHANCE = 0.001
SPLINE = b'[model]\nfamilies = ["spline"]\n'


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the share of bands whose true rate lies inside, by law and size of table."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        for law in LAWS:
            for size, tables in (TABLES if full else QUICK_TABLES).items():
                found = pool.map(covered, [law] * tables, [size] * tables, range(tables))
                yield _row(f"intervals, {law}, {tables} tables of {size:,} rows", list(found))


def covered(law: str, size: int, seed: int) -> tuple[int, int]:
    """Train on a table; return how many bands hold their true rate, and all bands."""
    table, others = draw_table(law, size, seed), draw_table(law, JUDGED, seed + 1_000)
    model = train_model(parse_table(table.csv()), parse_config(table.config + SPLINE), law)
    said = predictions(model, parse_table(others.csv()))
    edges = model.document.interval.edges if model.document.interval else ()
    logits = [logit_of(found.churn_probability) for found in said]
    bands = np.searchsorted(edges, logits, side="right")
    ends = np.array([found.interval for found in said])
    inside = 0
    for band in np.unique(bands):
        low, high = ends[bands == band].mean(axis=0)
        inside += bool(low <= others.chances[bands == band].mean() <= high)
    return inside, len(np.unique(bands))


def _row(what: str, found: list[tuple[int, int]]) -> Row:
    inside, bands = (sum(counts) for counts in zip(*found, strict=True))
    least = int(binom.ppf(CHANCE, bands, LEVEL))
    return Row(
        name=f"{what}: {inside} of {bands} bands hold their true rate",
        value=inside / bands,
        goal=f">= {least} of {bands} ({LEVEL:g} less chance)",
        met=inside >= least,
        rival=LEVEL,
    )
