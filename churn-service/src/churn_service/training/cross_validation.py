"""Judge families by nested, repeated, stratified cross-validation."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedGroupKFold

from churn_service.training.config import TrainConfig
from churn_service.training.course import course_probabilities
from churn_service.training.dataset import Dataset, Rows, packed
from churn_service.training.families.family import Floats, Sample, Tuned
from churn_service.training.families.fitting import fit_families, tune_families, tuned_of
from churn_service.training.families.monotonic import monotonic_signs
from churn_service.training.metrics import Metrics, measure
from churn_service.training.processes import map_tasks
from churn_service.training.reading import build_dataset
from churn_service.training.table import Table
from churn_service.training.threads import one_thread

FOLDS = 5
REPEATS = 5
SEED = 42
FEWEST_ROWS = 20_000

Progress = Callable[["FoldResult", int], None]
Steps = Callable[[str], None]


def no_progress(result: "FoldResult", total: int) -> None:
    """Tell nobody."""


def no_steps(name: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Plan:
    """How to run the outer folds; no result depends on `jobs`.

    Attributes:
        jobs: Number of processes.
        repeats: How often the five folds are drawn.
        with_course: Whether the recipe of the courses stands beside ours.
        progress: Called with each result, in order, and the number of folds.
        step: Called with the name of each step of a training as it begins.
    """

    jobs: int = 1
    repeats: int = 1
    with_course: bool = False
    progress: Progress = no_progress
    step: Steps = no_steps


@dataclass(frozen=True)
class Material:
    """What all outer folds share; it goes to another process as plain numbers.

    `tuned` holds settings that were chosen before; None tunes inside the folds.
    """

    sample: Sample
    families: tuple[str, ...]
    with_course: bool
    tuned: dict[str, Tuned] | None

    def __getstate__(self) -> dict[str, Any]:
        """Return what to send: the matrix packed."""
        sample = self.sample
        bare = replace(sample, matrix=np.empty(0))
        return {**self.__dict__, "sample": bare, "packed": packed(sample.schema, sample.matrix)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Unpack what was sent."""
        matrix = state.pop("packed").unpacked()
        self.__dict__.update(state, sample=replace(state["sample"], matrix=matrix))


@dataclass(frozen=True)
class Task:
    """One outer fold: its number from 1, the rows to learn from and to judge."""

    number: int
    learned: Rows
    judged: Rows


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
    material = Material(sample, tuple(families), plan.with_course, tuned)
    tasks = [
        Task(number, learned, judged)
        for number, (learned, judged) in enumerate(outer_folds(sample, keys, plan.repeats), 1)
    ]
    results = []
    for result in map_tasks(run_fold, material, tasks, _worthwhile_jobs(material, plan.jobs)):
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


def run_fold(material: Material, task: Task) -> FoldResult:
    """Judge every recipe on one outer fold, in whichever process."""
    learned, judged = material.sample.take(task.learned), material.sample.take(task.judged)
    tuned = material.tuned
    if tuned is None:
        tuned = tune_families(material.families, learned)
    fits = fit_families(material.families, learned, tuned)
    logits = {name: fit.logits(judged.matrix) for name, fit in fits.items()}
    chances = {name: expit(found) for name, found in logits.items()}
    if material.with_course:
        chances["course"] = course_probabilities(
            learned.schema, learned.matrix, learned.churned, judged.matrix
        )
    return FoldResult(
        number=task.number,
        rows=len(task.learned) + len(task.judged),
        judged=task.judged,
        tuned={name: tuned_of(name, tuned) for name in material.families},
        metrics={
            name: measure(judged.churned, found, judged.weights) for name, found in chances.items()
        },
        logits=logits,
    )


def metric_names() -> tuple[str, ...]:
    """Return the metrics that have a mean, in the order of the tables."""
    return tuple(field.name for field in fields(Metrics) if field.name not in {"rows", "churned"})


def _worthwhile_jobs(material: Material, jobs: int) -> int:
    """Return one for a few fits, which are done before another process has started."""
    is_small = len(material.sample.churned) < FEWEST_ROWS
    return 1 if is_small and material.tuned is not None else jobs
