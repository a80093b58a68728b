"""A table of numbers, categories and booleans with values missing, and trees on it."""

from collections.abc import Callable

import numpy as np
import pytest

from churn_service.training.config import parse_config
from churn_service.training.dataset import Dataset
from churn_service.training.families.family import Sample, Tuned
from churn_service.training.families.trees import TreesFamily, TreesFit
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table

SHOP_TOML = b"""
[data]
target = "gone"
positive = "1"
[columns.town]
unknown = "other"
"""
SETTINGS = {
    "learning_rate": 0.1,
    "max_leaf_nodes": 12.0,
    "min_samples_leaf": 5.0,
    "l2_regularization": 1.0,
    "max_features": 0.7,
    "max_iter": 60.0,
}


def shop_csv(rows: int = 1200, seed: int = 3) -> bytes:
    """Spell customers whose risk hangs on what is missing, on towns and on pairs."""
    random = np.random.default_rng(seed)
    lines = ["visits,spend,town,club,mood,gone"]
    for _ in range(rows):
        visits, spend = random.poisson(5), random.normal(40, 15)
        town = f"town{random.integers(0, 12)}"
        club, mood = random.choice(["yes", "no", ""]), random.choice(["up", "down", "flat"])
        logit = -0.4 + (spend > 50) * (club == "yes") * 2 - 0.2 * visits + (club == "") * 1.5
        logit += (town in {"town1", "town4", "town9"}) - (mood == "up")
        shown = "" if random.random() < 0.2 else f"{spend:.2f}"
        gone = int(random.random() < 1 / (1 + np.exp(-logit)))
        lines.append(f"{visits},{shown},{town},{club},{mood},{gone}")
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture(scope="session")
def shop() -> Dataset:
    return build_dataset(parse_table(shop_csv()), parse_config(SHOP_TOML), "shop")


def sample_of(dataset: Dataset, **monotonic: int) -> Sample:
    return Sample(
        dataset.schema, dataset.matrix(), dataset.churned, dataset.weights, dict(monotonic)
    )


def fitted_trees(dataset: Dataset, **settings: float) -> TreesFit:
    return TreesFamily().fit(sample_of(dataset), Tuned({**SETTINGS, **settings}, {}))


@pytest.fixture(scope="session")
def shop_trees(shop: Dataset) -> TreesFit:
    return fitted_trees(shop)


@pytest.fixture(scope="session")
def fit_trees() -> Callable[..., TreesFit]:
    return fitted_trees
