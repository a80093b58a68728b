"""Boosted trees: scikit-learn's histogram gradient boosting, tuned by draws."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import RepeatedStratifiedKFold

from churn_contract.schema import CustomerSchema
from churn_service.artefact.trees import Trees
from churn_service.training.dataset import Matrix, Rows
from churn_service.training.errors import FitError
from churn_service.training.families.family import Facts, Floats, Sample, Tuned
from churn_service.training.families.tree_compiler import compile_trees_of
from churn_service.training.features import level_indices

SEED = 42
DRAWS = 16
INNER_FOLDS = 3
ROUNDS = ((6, 1, 3), (3, 3, 6))  # how many draws go on, and to which inner folds
MOST_TREES = 300
PATIENCE = 20
CHOICES: dict[str, tuple[float, ...]] = {
    "learning_rate": (0.03, 0.05, 0.08),
    "max_leaf_nodes": (3, 4, 6, 8, 12, 20, 32),
    "min_samples_leaf": (10, 20, 40, 80),
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


@dataclass(frozen=True)
class Trial:
    """A draw, and per inner fold its losses after 1, 2, ... trees."""

    draw: dict[str, float]
    losses: list[Floats]

    @property
    def mean(self) -> Floats:
        """Mean loss over the folds after each number of trees."""
        found: Floats = np.mean(self.losses, axis=0)
        return found

    @property
    def settings(self) -> dict[str, float]:
        """The draw with its best number of trees."""
        return {**self.draw, "max_iter": float(self.mean.argmin() + 1)}

    @property
    def text(self) -> str:
        """The settings in words."""
        return ", ".join(f"{name} {value:g}" for name, value in self.settings.items())


class TreesFamily:
    """Histogram gradient boosting; the settings are drawn at random, seed 42."""

    def tune(self, sample: Sample) -> Tuned:
        """Choose among sixteen draws, each with its best number of trees.

        All draws are judged on the first of three inner folds, the six best of
        them on the other two as well, the three best of these on three folds
        drawn anew. Only those three are reported.
        """
        columns = encoded(sample.schema, sample.matrix)
        drawn = RepeatedStratifiedKFold(n_splits=INNER_FOLDS, n_repeats=2, random_state=SEED)
        folds = list(drawn.split(columns, sample.churned))
        trials = [Trial(draw, [_losses(sample, columns, draw, folds[0])]) for draw in draws()]
        for most, start, end in ROUNDS:
            trials = sorted(trials, key=lambda trial: trial.mean.min())[:most]
            for trial in trials:
                more = [_losses(sample, columns, trial.draw, fold) for fold in folds[start:end]]
                trial.losses.extend(more)
        best = min(trials, key=lambda trial: trial.mean.min())
        return Tuned(best.settings, {trial.text: float(trial.mean.min()) for trial in trials})

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


def _unfitted(sample: Sample, settings: dict[str, float], **more: Any) -> Any:
    levels = level_indices(sample.schema)
    whole = {name: int(value) for name, value in settings.items() if name in _WHOLE}
    return HistGradientBoostingClassifier(
        **{"early_stopping": False, **settings, **whole, **more},
        categorical_features=levels or None,
        monotonic_cst=[sample.monotonic.get(field.name, 0) for field in sample.schema.features],
        random_state=SEED,
    )


def _fitted(sample: Sample, settings: dict[str, float]) -> Any:
    model, columns = _unfitted(sample, settings), encoded(sample.schema, sample.matrix)
    model.fit(columns, sample.churned, sample_weight=sample.weights)
    if not np.isfinite(model.decision_function(columns)).all():
        raise FitError("the trees give a score that is no number; look for extreme weights")
    return model


def _losses(
    sample: Sample, columns: Floats, draw: dict[str, float], fold: tuple[Rows, Rows]
) -> Floats:
    """Return the log loss of the held rows after 1 to 300 trees.

    The fit ends when 20 trees brought no lower loss; the last loss then stands
    for all larger numbers of trees.
    """
    learned, held = fold
    stops = {"early_stopping": True, "n_iter_no_change": PATIENCE, "tol": 0.0, "scoring": "loss"}
    model = _unfitted(sample, draw, max_iter=MOST_TREES, **stops)
    model.fit(
        columns[learned],
        sample.churned[learned],
        sample_weight=sample.weights[learned],
        X_val=columns[held],
        y_val=sample.churned[held],
        sample_weight_val=sample.weights[held],
    )
    found = -np.array(model.validation_score_[1:])  # the first one is that of no tree
    found[~np.isfinite(found)] = np.inf  # extreme weights; such a draw is never chosen
    return np.pad(found, (0, MOST_TREES - len(found)), mode="edge")
