"""Judge families by nested, repeated, stratified cross-validation."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedGroupKFold

from churn_service.training.config import TrainConfig
from churn_service.training.course import course_probabilities
from churn_service.training.dataset import Dataset, Rows
from churn_service.training.families.family import Floats, Sample, Tuned
from churn_service.training.families.fitting import fit_families, tune_families, tuned_of
from churn_service.training.families.monotonic import monotonic_signs
from churn_service.training.metrics import Metrics, measure
from churn_service.training.reading import build_dataset
from churn_service.training.table import Table
from churn_service.training.threads import one_thread

FOLDS = 5
REPEATS = 5
SEED = 42

Progress = Callable[["FoldResult", int], None]


def no_progress(result: "FoldResult", total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Plan:
    """How to run the outer folds; no result depends on `jobs`.

    Attributes:
        jobs: Number of processes.
        repeats: How often the five folds are drawn.
        with_course: Whether the recipe of the courses stands beside ours.
        progress: Called with each result, in order, and the number of folds.
    """

    jobs: int = 1
    repeats: int = 1
    with_course: bool = False
    progress: Progress = no_progress


@dataclass(frozen=True)
class Task:
    """Everything that one outer fold needs, ready to go to another process.

    `tuned` holds settings that were chosen before; None tunes inside the fold.
    """

    number: int
    sample: Sample
    learned: Rows
    judged: Rows
    families: tuple[str, ...]
    with_course: bool
    tuned: dict[str, Tuned] | None


@dataclass(frozen=True)
class FoldResult:
    """What one outer fold gave.

    Attributes:
        number: From 1.
        rows: Customers learned from and judged, together.
        judged: Row numbers of those judged.
        tuned: The settings it chose, by family.
        metrics: Quality on the judged rows, by recipe.
        logits: Raw scores of the judged rows, by family.
    """

    number: int
    rows: int
    judged: Rows
    tuned: dict[str, Tuned]
    metrics: dict[str, Metrics]
    logits: dict[str, Floats]


@dataclass(frozen=True)
class Evaluation:
    """The results of all outer folds, in their order."""

    folds: tuple[FoldResult, ...]

    @property
    def recipes(self) -> tuple[str, ...]:
        """The names of the recipes that were judged."""
        return tuple(self.folds[0].metrics)

    def mean(self, recipe: str, metric: str) -> float:
        """Return the mean of a metric over the folds."""
        return float(np.mean(self.values(recipe, metric)))

    def deviation(self, recipe: str, metric: str) -> float:
        """Return the standard deviation of a metric over the folds."""
        return float(np.std(self.values(recipe, metric), ddof=1))

    def values(self, recipe: str, metric: str) -> list[float]:
        """Return a metric of every fold."""
        return [getattr(fold.metrics[recipe], metric) for fold in self.folds]


def evaluate_table(
    table: Table, config: TrainConfig, *, with_course: bool, jobs: int, progress: Progress
) -> Evaluation:
    """Read a table as training does and judge its families on it: 5 x 5 folds."""
    with one_thread():
        dataset = build_dataset(table, config, "evaluated")
        return cross_validate(
            sample_of(dataset, config),
            dataset.keys,
            config.families,
            Plan(jobs=jobs, repeats=REPEATS, with_course=with_course, progress=progress),
        )


def sample_of(dataset: Dataset, config: TrainConfig, rows: Rows | None = None) -> Sample:
    """Return these customers (default: all) with the constraints of the file.

    Raises:
        ConfigError: When a constraint is on a field that is no number.
    """
    everybody = np.arange(len(dataset.customers)) if rows is None else rows
    return Sample(
        schema=dataset.schema,
        matrix=dataset.matrix(everybody),
        churned=dataset.churned[everybody],
        weights=dataset.weights[everybody],
        monotonic=monotonic_signs(dataset.schema, config),
    )


def cross_validate(
    sample: Sample,
    keys: Sequence[str],
    families: Sequence[str],
    plan: Plan,
    tuned: dict[str, Tuned] | None = None,
) -> Evaluation:
    """Judge families on the same outer folds, seed 42.

    Knots, scales and settings are chosen inside each outer fold, unless `tuned`
    gives the settings. Rows with the same key are never on both sides of a fold.
    """
    tasks = [
        Task(number, sample, learned, judged, tuple(families), plan.with_course, tuned)
        for number, (learned, judged) in enumerate(outer_folds(sample, keys, plan.repeats), 1)
    ]
    results = []
    for result in _run(tasks, plan.jobs):
        results.append(result)
        plan.progress(result, len(tasks))
    return Evaluation(tuple(results))


def outer_folds(sample: Sample, keys: Sequence[str], repeats: int) -> Iterator[tuple[Rows, Rows]]:
    """Yield the rows to learn from and to judge: five folds per repeat."""
    groups = np.unique(np.array(keys), return_inverse=True)[1]
    if len(set(keys)) == len(keys):
        folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=SEED)
        yield from folds.split(sample.matrix, sample.churned)
        return
    for repeat in range(repeats):
        grouped = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED + repeat)
        yield from grouped.split(sample.matrix, sample.churned, groups)


def run_fold(task: Task) -> FoldResult:
    """Judge every recipe on one outer fold, in whichever process."""
    with one_thread():
        return _run_fold(task)


def _run_fold(task: Task) -> FoldResult:
    learned, judged = task.sample.take(task.learned), task.sample.take(task.judged)
    tuned = tune_families(task.families, learned) if task.tuned is None else task.tuned
    fits = fit_families(task.families, learned, tuned)
    logits = {name: fit.logits(judged.matrix) for name, fit in fits.items()}
    chances = {name: expit(found) for name, found in logits.items()}
    if task.with_course:
        chances["course"] = course_probabilities(
            learned.schema, learned.matrix, learned.churned, judged.matrix
        )
    return FoldResult(
        number=task.number,
        rows=len(task.learned) + len(task.judged),
        judged=task.judged,
        tuned={name: tuned_of(name, tuned) for name in task.families},
        metrics={
            name: measure(judged.churned, found, judged.weights) for name, found in chances.items()
        },
        logits=logits,
    )


def metric_names() -> tuple[str, ...]:
    """Return the metrics that have a mean, in the order of the tables."""
    return tuple(field.name for field in fields(Metrics) if field.name not in {"rows", "churned"})


def _run(tasks: list[Task], jobs: int) -> Iterator[FoldResult]:
    if jobs == 1:
        yield from map(run_fold, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        yield from pool.map(run_fold, tasks)
