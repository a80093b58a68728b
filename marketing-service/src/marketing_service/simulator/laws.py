"""Read the laws of the simulated customers and apply the simple ones."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = dict[str, Floats]
Laws = Mapping[str, Any]


def load_laws() -> Laws:
    """Read the packaged laws: every number by which customers are drawn."""
    source = resources.files("marketing_service.simulator").joinpath("laws.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def combine(law: Mapping[str, float], columns: Columns) -> Floats:
    """Add up a linear law.

    Args:
        law: weight per column.
        columns: what is known of the customers so far.

    Returns:
        One number per customer.
    """
    total = np.zeros_like(columns["one"])
    for name, weight in law.items():
        total += weight * columns[name]
    return total


def sigmoid(logit: Floats) -> Floats:
    """Turn logits into probabilities."""
    probability: Floats = 1 / (1 + np.exp(-logit))
    return probability


def happens(rng: np.random.Generator, probability: Floats) -> Floats:
    """Draw an event per customer; 1 where it happens, else 0."""
    return (rng.random(probability.shape) < probability).astype(np.float64)


def one_of(rng: np.random.Generator, logits: list[Floats]) -> NDArray[np.intp]:
    """Draw one of several classes per customer by the Gumbel-max rule.

    Args:
        rng: source of chance.
        logits: one array per class.

    Returns:
        The number of the class.
    """
    stacked = np.stack(logits)
    drawn: NDArray[np.intp] = np.argmax(stacked + rng.gumbel(size=stacked.shape), axis=0)
    return drawn
