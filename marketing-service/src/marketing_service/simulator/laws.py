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


def bend_laws(
    laws: Laws,
    *,
    effect: float | None = None,
    lost_causes: float | None = None,
    sleeping_dogs: float | None = None,
) -> Laws:
    """Make another world; None keeps what is written.

    Args:
        laws: of `load_laws`.
        effect: factor of what every offer does to the churn logit; 0 is an A/A world.
        lost_causes: slope by which offers lose their hold on those who leave anyway;
            0 makes them react like everybody.
        sleeping_dogs: how much contact wakes those up who have long stopped to think.

    Returns:
        Laws for `draw_block` and `truth_of`; the given ones stay as they are.
    """
    given = {"effect": effect, "lost_cause_slope": lost_causes, "wake": sleeping_dogs}
    changed = {name: value for name, value in given.items() if value is not None}
    return {**laws, "reaction": {**laws["reaction"], **changed}}


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
