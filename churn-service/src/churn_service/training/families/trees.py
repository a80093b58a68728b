"""Boosted trees: scikit-learn's histogram gradient boosting, tuned by draws."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from churn_contract.schema import CustomerSchema
from churn_service.artefact.trees import Trees
from churn_service.training.dataset import Matrix, Rows
from churn_service.training.errors import FitError
from churn_service.training.families.family import Facts, Floats, Sample, Tuned
from churn_service.training.families.tree_compiler import compile_trees_of
from churn_service.training.features import level_indices

SEED = 42
DRAWS = 8
INNER_FOLDS = 3
ITERATIONS = (40, 80, 120, 180)
CHOICES: dict[str, tuple[float, ...]] = {
    "learning_rate": (0.03, 0.05, 0.08),
    "max_leaf_nodes": (4, 6, 8, 12),
    "min_samples_leaf": (20, 40, 80),
    "l2_regularization": (0.0, 5.0, 20.0),
    "max_features": (0.3, 0.5, 1.0),
}
_WHOLE = {"max_leaf_nodes", "min_samples_leaf", "max_iter"}


@dataclass(frozen=True)
class TreesFit:
    """A fitted model and the schema that its columns follow."""

    schema: CustomerSchema
    model: Any

    def logits(self, matrix: Matrix) -> Floats:
        """Return the raw score of each row."""
        found: Floats = self.model.decision_function(encoded(self.schema, matrix))
        return found

    def compile(self, schema: CustomerSchema, matrix: Matrix) -> Trees:
        """Return the trees as flat tables; the counts are those of the fit."""
        del matrix  # the trees know how many customers came through each node
        return compile_trees_of(self.model, schema)

    def facts(self) -> Facts:
        """Return the number of trees and leaves."""
        nodes = [tree.nodes for (tree,) in self.model._predictors]  # noqa: SLF001 - no public way
        return {"trees": len(nodes), "leaves": int(sum(tree["is_leaf"].sum() for tree in nodes))}


class TreesFamily:
    """Histogram gradient boosting; the settings are drawn at random, seed 42."""

    def tune(self, sample: Sample) -> Tuned:
        """Choose among eight draws, each judged after 40 to 180 trees."""
        folds = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=SEED)
        splits = list(folds.split(sample.matrix, sample.churned))
        losses: dict[str, float] = {}
        settings: dict[str, dict[str, float]] = {}
        for draw in draws():
            found = np.mean([_losses(sample, draw, split) for split in splits], axis=0)
            for iterations, loss in zip(ITERATIONS, found.tolist(), strict=True):
                chosen = {**draw, "max_iter": float(iterations)}
                text = ", ".join(f"{name} {value:g}" for name, value in chosen.items())
                losses[text], settings[text] = loss, chosen
        return Tuned(settings[min(losses, key=losses.__getitem__)], losses)

    def fit(self, sample: Sample, tuned: Tuned) -> TreesFit:
        """Fit with these settings."""
        return TreesFit(sample.schema, _fitted(sample, tuned.settings))


def draws() -> list[dict[str, float]]:
    """Return the settings that are tried; the same ones everywhere."""
    random = np.random.default_rng(SEED)
    return [
        {name: float(random.choice(values)) for name, values in CHOICES.items()}
        for _ in range(DRAWS)
    ]


def encoded(schema: CustomerSchema, matrix: Matrix) -> Floats:
    """Return numbers as they are and levels by their place; NaN for all else."""
    columns = np.empty(matrix.shape, dtype=np.float64)
    for index, field in enumerate(schema.features):
        if field.kind == "number":
            columns[:, index] = matrix[:, index]
        else:
            places = {level: float(place) for place, level in enumerate(field.levels)}
            columns[:, index] = [places.get(level, np.nan) for level in matrix[:, index]]
    return columns


def _fitted(sample: Sample, settings: dict[str, float]) -> Any:
    levels = level_indices(sample.schema)
    whole = {name: int(value) for name, value in settings.items() if name in _WHOLE}
    model = HistGradientBoostingClassifier(
        **{**settings, **whole},
        categorical_features=levels or None,
        monotonic_cst=[sample.monotonic.get(field.name, 0) for field in sample.schema.features],
        early_stopping=False,
        random_state=SEED,
    )
    model.fit(encoded(sample.schema, sample.matrix), sample.churned, sample_weight=sample.weights)
    if not np.isfinite(model.decision_function(encoded(sample.schema, sample.matrix))).all():
        raise FitError("the trees give a score that is no number; look for extreme weights")
    return model


def _losses(sample: Sample, draw: dict[str, float], split: tuple[Rows, Rows]) -> list[float]:
    """Return the log loss of the held rows after each number of trees."""
    learned, held = split
    model = _fitted(sample.take(learned), {**draw, "max_iter": float(ITERATIONS[-1])})
    judged = sample.take(held)
    stages = model.staged_decision_function(encoded(sample.schema, judged.matrix))
    return [
        float(log_loss(judged.churned, expit(scores.ravel()), sample_weight=judged.weights))
        for iterations, scores in enumerate(stages, 1)
        if iterations in ITERATIONS
    ]
