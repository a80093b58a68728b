"""Tables whose law is known: what the best possible model would say of each customer.

A law draws customers and says how likely each of them leaves, given what the table
shows. So the AUC and the log loss that nobody can beat (Bayes) are known as well, and
a model can be judged against probabilities instead of outcomes.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types

from churn_service.training.metrics import calibration_slope

Floats = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]
Random = np.random.Generator

CONFIG = b'[data]\ntarget = "left"\npositive = "yes"\nid = "id"\n'
REPEATED = b'repeated_ids = true\ntime = "day"\n'
_MONTHS = 12


@dataclass(frozen=True)
class Drawn:
    """Customers of a law.

    Attributes:
        ids: Who they are; in a panel a customer stands in several rows.
        columns: Numbers (NaN missing) and levels ("" missing).
        chances: Chance to leave, given the columns.
        luck_chances: The chance that decided the outcome; it may rest on what the
            table hides, and equals `chances` where nothing is hidden.
        days: The day of each row of a panel; empty without.
    """

    ids: NDArray[np.int64]
    columns: Columns
    chances: Floats
    luck_chances: Floats
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownTable:
    """Customers of a law with their outcomes, 1 for those who left."""

    drawn: Drawn
    churned: NDArray[np.int64]

    @property
    def chances(self) -> Floats:
        """The chance of each row to leave, given what the table shows."""
        return self.drawn.chances

    @property
    def config(self) -> bytes:
        """The training file of the table."""
        return CONFIG + (REPEATED if self.drawn.days else b"")

    def csv(self) -> bytes:
        """Write the table as `churn train` reads it."""
        columns = {"id": [f"K{key}" for key in self.drawn.ids.tolist()]}
        columns |= {"day": list(self.drawn.days)} if self.drawn.days else {}
        columns |= {name: _texts(values) for name, values in self.drawn.columns.items()}
        columns["left"] = ["yes" if left else "no" for left in self.churned.tolist()]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue().encode()


def draw_table(law: str, rows: int, seed: int) -> KnownTable:
    """Draw so many rows of a law; the same ones for the same seed."""
    random = np.random.default_rng([seed, len(law), rows])
    if law == "panel":
        return _panel(random, rows)
    columns, chances, luck_chances = LAWS[law](random, rows)
    drawn = Drawn(np.arange(rows), columns, chances, luck_chances)
    return KnownTable(drawn, (random.random(rows) < luck_chances).astype(np.int64))


def expected_auc(scores: Floats, chances: Floats) -> float:
    """Return the AUC of scores, with each row as likely to leave as it truly is."""
    order = np.argsort(scores, kind="stable")
    values, left, stayed = scores[order], chances[order], 1 - chances[order]
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    leavers, stayers = np.add.reduceat(left, starts), np.add.reduceat(stayed, starts)
    below = np.cumsum(stayers) - stayers / 2
    return float(leavers @ below / (leavers.sum() * stayers.sum()))


def expected_log_loss(said: Floats, chances: Floats) -> float:
    """Return the log loss of probabilities, given the true ones."""
    inside = np.clip(said, 1e-15, 1 - 1e-15)
    return float(-(chances * np.log(inside) + (1 - chances) * np.log1p(-inside)).mean())


def expected_slope(said: Floats, chances: Floats) -> float:
    """Return the calibration slope given true chances: each row counts as both outcomes."""
    outcomes = np.repeat(np.array([1, 0], dtype=np.int64), len(chances))
    return calibration_slope(outcomes, np.tile(said, 2), np.concatenate([chances, 1 - chances]))


def _texts(values: NDArray[Any]) -> list[str]:
    if values.dtype.kind != "f":
        return [str(value) for value in values.tolist()]
    return ["" if value != value else f"{value:g}" for value in values.tolist()]  # noqa: PLR0124 - NaN


def _customers(random: Random, rows: int) -> Columns:
    """Draw what all laws know of a customer, and two columns that say nothing."""
    return {
        "months": random.integers(1, 73, rows).astype(np.float64),
        "fee": random.uniform(10, 110, rows).round(1),
        "usage": random.normal(0, 1, rows).round(2),
        "calls": random.poisson(2, rows).astype(np.float64),
        "contract": random.choice(["monthly", "yearly"], rows),
        "channel": random.choice(["shop", "web", "phone"], rows),
        "height": random.normal(170, 9, rows).round(0),
        "colour": random.choice(["red", "green", "blue", "grey"], rows),
    }


Law = Callable[[Random, int], tuple[Columns, Floats, Floats]]


def _additive(random: Random, rows: int) -> tuple[Columns, Floats, Floats]:
    """Add one curve per number and one weight per level: the scorecard's home."""
    columns = _customers(random, rows)
    logits = -0.2 - 0.8 * np.log1p(columns["months"] / 6) + 0.02 * (columns["fee"] - 60)
    logits += 0.8 * (columns["contract"] == "monthly") + 0.25 * columns["calls"]
    logits += -0.4 * columns["usage"]
    chances = expit(logits)
    return columns, chances, chances


def _interactions(random: Random, rows: int) -> tuple[Columns, Floats, Floats]:
    """Let every effect turn round with another column."""
    columns = _customers(random, rows)
    months, fee = (columns["months"] - 36) / 21, (columns["fee"] - 60) / 29
    monthly, phone = columns["contract"] == "monthly", columns["channel"] == "phone"
    logits = -1.5 + 1.0 * months * fee - 0.3 * months
    logits += 1.4 * columns["usage"] * np.where(monthly, 1, -1)
    logits += 0.6 * (columns["calls"] - 2) * np.where(phone, 1, -0.5)
    chances = expit(logits + 0.6 * columns["usage"] * fee)
    return columns, chances, chances


def _thresholds(random: Random, rows: int) -> tuple[Columns, Floats, Floats]:
    """Let the risk jump where two conditions meet."""
    columns = _customers(random, rows)
    months, fee, usage = columns["months"], columns["fee"], columns["usage"]
    monthly = columns["contract"] == "monthly"
    logits = -2.4 + 2.4 * ((fee > 75) & (months < 18)) + 1.6 * (columns["calls"] >= 4)
    logits += 1.8 * ((usage < -0.5) & monthly) + 1.8 * ((usage > 0.8) & (fee < 40))
    logits -= 1.2 * ((months > 48) & ~monthly)
    chances = expit(logits)
    return columns, chances, chances


def _missing(random: Random, rows: int) -> tuple[Columns, Floats, Floats]:
    """Let the unhappy not answer, and let a gap change what another column means.

    A missing mood is still there and still decides; the table hides it. Given the
    rest of the row its share in the chance is the mean over all moods that would
    not have been told.
    """
    columns = _customers(random, rows)
    mood = random.normal(0, 1, rows).round(2)
    silent = random.random(rows) < expit(-0.4 - 1.6 * mood)
    never = random.random(rows) < 0.35
    fee = (columns["fee"] - 60) / 29
    rest = -1.6 + np.where(never, 1.1, -0.5) * fee + 0.7 * columns["usage"] * np.where(never, -1, 1)
    moods = np.linspace(-5, 5, 201)
    shares = np.exp(-(moods**2) / 2) * expit(-0.4 - 1.6 * moods)
    hidden = expit(rest[:, None] - 1.3 * moods) @ (shares / shares.sum())
    columns["mood"] = np.where(silent, np.nan, mood)
    columns["last_visit"] = np.where(never, np.nan, random.integers(1, 400, rows))
    luck_chances = expit(rest - 1.3 * mood)
    return columns, np.where(silent, hidden, luck_chances), luck_chances


def _levels(random: Random, rows: int) -> tuple[Columns, Floats, Floats]:
    """Give 100 towns and 40 products a risk each; products react to the device."""
    effects = np.random.default_rng(7)
    town_risk, product_risk = effects.normal(0, 0.9, 100), effects.normal(0, 0.6, 40)
    pairs = effects.normal(0, 0.8, (8, 3))
    columns = _customers(random, rows)
    frequent = 1 / (np.arange(100) + 5)
    town = random.choice(100, rows, p=frequent / frequent.sum())
    product, device = random.integers(0, 40, rows), random.integers(0, 3, rows)
    months = (columns["months"] - 36) / 21
    logits = -1.5 + town_risk[town] + product_risk[product] + pairs[product % 8, device]
    logits += 0.7 * months * np.where(town % 2, 1, -1)
    columns["town"] = np.array([f"town {place}" for place in town.tolist()])
    columns["product"] = np.array([f"product {place}" for place in product.tolist()])
    columns["device"] = np.array(["phone", "tablet", "desk"])[device]
    chances = expit(logits)
    return columns, chances, chances


def _panel(random: Random, rows: int) -> KnownTable:
    """Follow customers for up to a year; who leaves has no later month.

    The risk rises where a monthly customer uses less than the month before, and
    falls for a yearly one.
    """
    count = rows // 6 + 50
    fixed = _customers(random, count)
    usage = np.cumsum(random.normal(0, 0.7, (count, _MONTHS)), axis=1).round(2)
    change = np.diff(usage, axis=1, prepend=0.0).round(2)
    monthly = (fixed["contract"] == "monthly")[:, None]
    fee = ((fixed["fee"] - 60) / 29)[:, None]
    logits = -2.8 - np.where(monthly, 1.6, -0.6) * change + 0.6 * fee * np.sign(usage)
    chances = expit(logits)
    leaves = random.random(chances.shape) < chances
    there = np.cumsum(leaves, axis=1) - leaves == 0
    who, month = (places[:rows] for places in np.nonzero(there))
    columns = {name: values[who] for name, values in fixed.items()}
    columns |= {"usage": usage[who, month], "change": change[who, month]}
    days = tuple(f"2024-{place + 1:02d}-01" for place in month.tolist())
    shown = chances[who, month]
    drawn = Drawn(who, columns, shown, shown, days)
    return KnownTable(drawn, leaves[who, month].astype(np.int64))


LAWS: Mapping[str, Law] = MappingProxyType({
    "additive": _additive,
    "interactions": _interactions,
    "thresholds": _thresholds,
    "missing": _missing,
    "levels": _levels,
})
NOT_ADDITIVE = ("interactions", "thresholds", "missing", "levels", "panel")
