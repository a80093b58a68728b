"""Judge the whole recipe by nested, repeated, stratified cross-validation."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold

from churn_contract.schema import CustomerSchema
from churn_service.training.config import TrainConfig
from churn_service.training.course import course_probabilities
from churn_service.training.dataset import Dataset, Labels, Matrix, Rows
from churn_service.training.metrics import Metrics, measure
from churn_service.training.pipeline import fit_scorecard, tune
from churn_service.training.reading import build_dataset
from churn_service.training.table import Table
from churn_service.training.threads import one_thread

FOLDS = 5
REPEATS = 5
SEED = 42

Progress = Callable[["FoldResult", int], None]


@dataclass(frozen=True)
class Task:
    """Everything that one outer fold needs, ready to go to another process."""

    number: int
    schema: CustomerSchema
    matrix: Matrix
    churned: Labels
    learned: Rows
    judged: Rows
    with_course: bool


@dataclass(frozen=True)
class FoldResult:
    """What one outer fold gave: metrics by recipe, and the C it chose."""

    number: int
    best_c: float
    metrics: dict[str, Metrics]


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
        return float(np.mean(self._values(recipe, metric)))

    def deviation(self, recipe: str, metric: str) -> float:
        """Return the standard deviation of a metric over the folds."""
        return float(np.std(self._values(recipe, metric), ddof=1))

    def _values(self, recipe: str, metric: str) -> list[float]:
        return [getattr(fold.metrics[recipe], metric) for fold in self.folds]


def evaluate_table(
    table: Table, config: TrainConfig, *, with_course: bool, jobs: int, progress: Progress
) -> Evaluation:
    """Read a table as training does and judge the recipe on it: 5 x 5 folds."""
    dataset = build_dataset(table, config, "evaluated")
    return evaluate(dataset, with_course=with_course, jobs=jobs, progress=progress)


def evaluate(
    dataset: Dataset,
    *,
    with_course: bool,
    jobs: int,
    progress: Progress,
    repeats: int = REPEATS,
) -> Evaluation:
    """Run 5 folds `repeats` times (seed 42) over all customers.

    Knots, scales and C are chosen inside each outer fold; all recipes see the
    same folds. The champion is not involved.

    Args:
        dataset: The customers.
        with_course: Whether the recipe of the courses stands beside ours.
        jobs: Number of processes; the result does not depend on it.
        progress: Called with each result, in order, and the number of folds.
        repeats: How often the five folds are drawn.
    """
    tasks = list(_tasks(dataset, repeats=repeats, with_course=with_course))
    results = []
    for result in _run(tasks, jobs):
        results.append(result)
        progress(result, len(tasks))
    return Evaluation(tuple(results))


def run_fold(task: Task) -> FoldResult:
    """Judge every recipe on one outer fold, in whichever process."""
    with one_thread():
        return _run_fold(task)


def _run_fold(task: Task) -> FoldResult:
    learned, churned = task.matrix[task.learned], task.churned[task.learned]
    judged, truth = task.matrix[task.judged], task.churned[task.judged]
    best_c = tune(learned, churned, task.schema).best_c
    fit = fit_scorecard(learned, churned, task.schema, best_c)
    metrics = {"scorecard": measure(truth, fit.probabilities(judged))}
    if task.with_course:
        metrics["course"] = measure(
            truth, course_probabilities(task.schema, learned, churned, judged)
        )
    return FoldResult(task.number, best_c, metrics)


def metric_names() -> tuple[str, ...]:
    """Return the metrics that have a mean, in the order of the tables."""
    return tuple(field.name for field in fields(Metrics) if field.name not in {"rows", "churned"})


def _tasks(dataset: Dataset, *, repeats: int, with_course: bool) -> Iterator[Task]:
    matrix = dataset.matrix()
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=SEED)
    splits = folds.split(matrix, dataset.churned)
    for number, (learned, judged) in enumerate(splits, 1):
        yield Task(number, dataset.schema, matrix, dataset.churned, learned, judged, with_course)


def _run(tasks: list[Task], jobs: int) -> Iterator[FoldResult]:
    if jobs == 1:
        yield from map(run_fold, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        yield from pool.map(run_fold, tasks)
