"""Customers month by month: frozen ones for outcomes that take time, moving ones for drift."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketing_service.simulator.laws import Columns, Floats, Laws, combine, sigmoid
from marketing_service.simulator.population import Block, draw_columns, set_months
from marketing_service.simulator.truth import Truth

NEVER = 0
"""The month of those who stay."""

Months = NDArray[np.int64]
_STREAM = 1


def leaving_month(
    truth: Truth, offer: str | None = None, *, months: int = 12, effect_months: int | None = None
) -> Months:
    """Say in which month frozen customers leave: traits stay, the hazard is the same monthly.

    Over all months exactly those leave whom the truth lets leave.

    Args:
        truth: of `truth_of`.
        offer: what all of them got at the start; None for nothing.
        months: how long the truth looks ahead.
        effect_months: how long the offer works, at most `months`; None for all of them.

    Returns:
        1 for the first month and so on; `NEVER` for those who stay.
    """
    first = truth.p0 if offer is None else truth.p1[offer]
    lasting = months if offer is None or effect_months is None else effect_months
    early, late = (-np.log1p(-chance) / months for chance in (first, truth.p0))
    due = -np.log1p(-truth.luck)
    spent = early * lasting
    with np.errstate(divide="ignore"):
        at = np.where(due < spent, due / early, lasting + (due - spent) / late)
    month = np.floor(at).astype(np.int64) + 1
    return np.where(at < months, month, NEVER)


def chance_with_fading(truth: Truth, offer: str, *, months: int = 12, effect_months: int) -> Floats:
    """Return the true chance to leave when an offer only works for some months."""
    late, early = (-np.log1p(-chance) for chance in (truth.p0, truth.p1[offer]))
    chance: Floats = -np.expm1(-(early * effect_months + late * (months - effect_months)) / months)
    return chance


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What changes in the world of moving customers, and when.

    Attributes:
        month: the first month of the change, from 1.
        price: factor of every monthly charge from then on.
        fiber: share of all customers that changes to fiber then.
        delay_days: how late it may become known that somebody left, at most.
    """

    month: int = 6
    price: float = 1.0
    fiber: float = 0.0
    delay_days: int = 0


@dataclass(frozen=True)
class Month:
    """One month of moving customers.

    Attributes:
        number: from 1.
        numbers: number of each customer in the whole population, never used twice.
        columns: traits at the beginning of the month.
        chance: true chance to leave within this month.
        leaves: who does, 0 or 1.
        known_after: days until it is known.
    """

    number: int
    numbers: NDArray[np.int64]
    columns: Columns
    chance: Floats
    leaves: Floats
    known_after: NDArray[np.int64]


def moving_months(
    block: Block, count: int, *, seed: int, laws: Laws, total: int, drift: Drift | None = None
) -> Iterator[Month]:
    """Let the customers of a block grow older; who leaves is replaced by a new one.

    The mean tenure grows and churn falls without any fault: that is drift, too. Take
    frozen customers where nothing must drift.

    Args:
        block: customers at the beginning.
        count: how many months.
        seed: of the whole population.
        laws: of `load_laws`.
        total: size of the whole population; new customers get numbers from there on.
        drift: what changes on the way.

    Yields:
        Month after month, always with as many customers.
    """
    change = drift or Drift()
    key = (block.first, _STREAM)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
    columns, rows = dict(block.columns), block.rows
    numbers = np.arange(block.first, block.first + rows)
    following = total + block.first * count
    for number in range(1, count + 1):
        if number == change.month:
            _change(rng, columns, change, laws)
        columns["z0"] = combine(laws["churn"]["law"], columns)
        chance = _monthly(columns["z0"], laws)
        leaves = rng.random(rows) < chance
        late = rng.integers(0, change.delay_days, rows, endpoint=True)
        yield Month(number, numbers, dict(columns), chance, leaves.astype(np.float64), late)
        columns = _older(columns, laws)
        gone = np.flatnonzero(leaves)
        new = _newcomers(rng, gone.size, laws)
        if number >= change.month:
            new["monthly_charges"] *= change.price
        columns = {name: _put(columns[name], gone, new[name]) for name in columns}
        numbers = _put(numbers, gone, following + np.arange(gone.size))
        following += gone.size


def _monthly(logit: Floats, laws: Laws) -> Floats:
    law = laws["panel"]
    chance: Floats = -np.expm1(law["speed"] * np.log1p(-sigmoid(logit)) / law["months"])
    return chance


def _older(columns: Columns, laws: Laws) -> Columns:
    older = dict(columns)
    # The public table counts to 72 months, and the laws were read from it.
    longest = laws["tenure"]["longest"]
    set_months(older, np.minimum(columns["months"] + 1, longest), laws)
    older["total_charges"] = np.round(columns["total_charges"] + columns["monthly_charges"], 2)
    return older


def _newcomers(rng: np.random.Generator, rows: int, laws: Laws) -> Columns:
    law = laws["tenure"]
    short = {"zero": laws["panel"]["joined_this_month"], "quantiles": [0, 1], "single": [1, 1]}
    return draw_columns(rng, rows, {**laws, "tenure": {**law, **short, "partner": [1, 1]}})


def _put(values: NDArray[np.generic], places: NDArray[np.intp], new: NDArray[np.generic]) -> Any:
    changed = values.copy()
    changed[places] = new
    return changed


def _change(rng: np.random.Generator, columns: Columns, drift: Drift, laws: Laws) -> None:
    """Raise prices, and let customers change to fiber, whoever has none yet."""
    without = 1 - columns["fiber"]
    share = min(1.0, drift.fiber / max(without.mean(), 1e-12))
    change = without * (rng.random(without.shape) < share)
    law = laws["panel"]
    from_dsl, from_none = change * columns["dsl"], change * (1 - columns["internet"])
    price = columns["monthly_charges"]
    price = price + law["dsl_to_fiber"] * from_dsl + law["none_to_fiber"] * from_none
    columns["monthly_charges"] = price * drift.price
    columns["fiber"] = columns["fiber"] + change
    columns["dsl"] = columns["dsl"] * (1 - change)
    columns["internet"] = np.maximum(columns["internet"], change)
