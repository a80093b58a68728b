"""Rivals: boosted trees of three libraries, each tuned by a random search on inner folds.

Every draw is judged on all inner folds after twelve numbers of trees. The space is wider
than the one that our own family of trees searches.
"""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types
from sklearn.ensemble import HistGradientBoostingClassifier

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Rows = NDArray[np.intp]
Settings = dict[str, float]
Trees = Sequence[int]
Stages = Iterator[Floats]

TREES = (10, 20, 30, 45, 60, 80, 100, 125, 150, 200, 250, 300)
SEED = 42
INSTALL = ".venv/bin/pip install -r benchmarks/requirements.txt"
_RATES, _LEAVES = (0.02, 0.03, 0.05, 0.08, 0.12), (3, 4, 6, 8, 12, 16, 24, 32)
_RIDGES, _SHARES, _LEAST = (0.0, 1.0, 5.0, 20.0), (0.3, 0.5, 0.7, 1.0), (5, 10, 20, 40, 80)


@dataclass(frozen=True)
class Lesson:
    """Rows to learn from or to be judged on; `levels` are the places of categories."""

    design: Floats
    churned: Labels
    levels: tuple[int, ...] = ()

    def take(self, rows: Rows) -> "Lesson":
        """Return the lesson of these rows."""
        return Lesson(self.design[rows], self.churned[rows], self.levels)


class Booster(Protocol):
    """A library of boosted trees."""

    name: str
    package: str

    def draw(self, random: np.random.Generator) -> Settings:
        """Draw settings."""
        ...

    def stages(self, settings: Settings, trees: Trees, learned: Lesson, design: Floats) -> Stages:
        """Fit the most trees; yield the chances of `design` after each of these numbers."""
        ...


def is_installed(booster: Booster) -> bool:
    """Tell whether the rival's package is there."""
    return find_spec(booster.package) is not None


def tuned_chances(
    booster: Booster,
    learned: Lesson,
    judged: Floats,
    splits: Sequence[tuple[Rows, Rows]],
    draws: int,
) -> Floats:
    """Search on the inner folds, fit again on all rows, return the chances of `judged`."""
    random = np.random.default_rng(SEED)
    tried = [booster.draw(random) for _ in range(draws)]
    losses = [
        np.mean([_losses(booster, settings, learned, split) for split in splits], axis=0)
        for settings in tried
    ]
    best = min(range(draws), key=lambda place: float(losses[place].min()))
    trees = TREES[int(losses[best].argmin())]
    return next(booster.stages(tried[best], (trees,), learned, judged))


def _losses(
    booster: Booster, settings: Settings, lesson: Lesson, split: tuple[Rows, Rows]
) -> Floats:
    learned, held = lesson.take(split[0]), lesson.take(split[1])
    stages = booster.stages(settings, TREES, learned, held.design)
    return np.array([_log_loss(held.churned, chances) for chances in stages])


def _log_loss(churned: Labels, chances: Floats) -> float:
    inside = np.clip(chances, 1e-15, 1 - 1e-15)
    return float(-np.where(churned == 1, np.log(inside), np.log1p(-inside)).mean())


def _drawn(random: np.random.Generator, **choices: Sequence[float]) -> Settings:
    return {name: float(random.choice(values)) for name, values in choices.items()}


class HistGradientBoosting:
    """scikit-learn's histogram gradient boosting, with categories as such."""

    name, package = "HistGradientBoosting", "sklearn"

    def draw(self, random: np.random.Generator) -> Settings:
        """Draw settings."""
        return _drawn(
            random,
            learning_rate=_RATES,
            max_leaf_nodes=_LEAVES,
            min_samples_leaf=_LEAST,
            l2_regularization=_RIDGES,
            max_features=_SHARES,
        )

    def stages(self, settings: Settings, trees: Trees, learned: Lesson, design: Floats) -> Stages:
        """Fit the most trees; yield the chances of `design` after each of these numbers."""
        whole = {name: int(settings[name]) for name in ("max_leaf_nodes", "min_samples_leaf")}
        model = HistGradientBoostingClassifier(
            **{**settings, **whole},
            max_iter=max(trees),
            categorical_features=list(learned.levels) or None,
            early_stopping=False,
            random_state=SEED,
        ).fit(learned.design, learned.churned)
        for count, scores in enumerate(model.staged_decision_function(design), 1):
            if count in trees:
                yield expit(scores.ravel())


class LightGBM:
    """LightGBM on one thread."""

    name, package = "LightGBM", "lightgbm"

    def draw(self, random: np.random.Generator) -> Settings:
        """Draw settings."""
        return _drawn(
            random,
            learning_rate=_RATES,
            num_leaves=_LEAVES,
            min_data_in_leaf=_LEAST,
            lambda_l2=_RIDGES,
            feature_fraction=_SHARES,
            bagging_fraction=(0.6, 0.8, 1.0),
        )

    def stages(self, settings: Settings, trees: Trees, learned: Lesson, design: Floats) -> Stages:
        """Fit the most trees; yield the chances of `design` after each of these numbers."""
        lightgbm: Any = importlib.import_module(self.package)

        whole = {name: int(settings[name]) for name in ("num_leaves", "min_data_in_leaf")}
        fixed = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": SEED}
        data = lightgbm.Dataset(
            learned.design, learned.churned, categorical_feature=list(learned.levels)
        )
        model = lightgbm.train({**settings, **whole, **fixed, "bagging_freq": 1}, data, max(trees))
        for count in trees:
            yield np.asarray(model.predict(design, num_iteration=count, num_threads=1))


class XGBoost:
    """XGBoost's histogram method on one thread."""

    name, package = "XGBoost", "xgboost"

    def draw(self, random: np.random.Generator) -> Settings:
        """Draw settings."""
        return _drawn(
            random,
            learning_rate=_RATES,
            max_leaves=_LEAVES,
            min_child_weight=(1, 3, 10, 20),
            reg_lambda=(0.5, *_RIDGES[1:]),
            colsample_bytree=_SHARES,
            subsample=(0.6, 0.8, 1.0),
        )

    def stages(self, settings: Settings, trees: Trees, learned: Lesson, design: Floats) -> Stages:
        """Fit the most trees; yield the chances of `design` after each of these numbers."""
        xgboost: Any = importlib.import_module(self.package)

        fixed = {"objective": "binary:logistic", "nthread": 1, "seed": SEED, "max_depth": 0}
        fixed |= {"tree_method": "hist", "grow_policy": "lossguide"}
        whole = {"max_leaves": int(settings["max_leaves"])}
        data = xgboost.DMatrix(learned.design, learned.churned)
        model = xgboost.train({**settings, **fixed, **whole}, data, max(trees))
        judged = xgboost.DMatrix(design)
        for count in trees:
            yield np.asarray(model.predict(judged, iteration_range=(0, count)), dtype=np.float64)
