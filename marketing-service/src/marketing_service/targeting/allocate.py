"""Spend a budget on one offer: prices, choice, and a proven bound on the profit.

The best choice under a budget and a number of contacts is found through prices: at
the right price of money and of a contact, exactly the customers with a positive
surplus (profit - money price * cost - contact price) are chosen. The same prices give,
by weak duality, a profit that no choice can exceed, so that every result carries its
own certificate. Sinha & Zoltners (1979) is the general form with several offers.

All arrays must come in canonical order (smallest tie draw first): equal customers are
then ranked by chance and never by their place in a table.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketing_service.targeting.economics import Floats

Mask = NDArray[np.bool_]

_BISECTIONS = 80
_FILL_CANDIDATES = 20_000


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """Who is chosen, at which prices, and how far from the best that can be.

    Attributes:
        chosen: one flag per customer.
        budget_price: profit that the next unit of budget earns.
        contact_price: profit that one more contact earns.
        value: expected profit of the chosen customers.
        spend: expected cost of the chosen customers.
        bound: profit that no choice within the limits can exceed.
    """

    chosen: Mask
    budget_price: float
    contact_price: float
    value: float
    spend: float
    bound: float

    @property
    def gap(self) -> float:
        """Share of the bound that the choice may miss at most."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0


@dataclass(frozen=True)
class _Problem:
    """Profit and cost per customer under a budget and a number of contacts."""

    net: Floats
    cost: Floats
    budget: float
    contacts: int

    def choose(self, price: float) -> tuple[Mask, float]:
        """Choose at a price of money; return the choice and the contact's price."""
        surplus = self.net - price * self.cost
        chosen = surplus > 0
        if np.count_nonzero(chosen) <= self.contacts:
            return chosen, 0.0
        # The (contacts + 1)-th largest surplus is the price of a contact; customers
        # that equal it are taken in canonical order.
        contact_price = float(-np.partition(-surplus, self.contacts)[self.contacts])
        chosen = surplus > contact_price
        equal = np.flatnonzero(surplus == contact_price)
        chosen[equal[: self.contacts - np.count_nonzero(chosen)]] = True
        return chosen, contact_price

    def spend(self, chosen: Mask) -> float:
        """Add up the cost of a choice."""
        return float(self.cost[chosen].sum())

    def bound(self, price: float, contact_price: float) -> float:
        """Bound the profit of every choice by the dual value of two prices."""
        surplus = self.net - price * self.cost - contact_price
        free = float(np.maximum(surplus, 0).sum())
        # A price of zero belongs to a limit that may be infinite.
        paid_money = price * self.budget if price else 0.0
        return free + paid_money + (contact_price * self.contacts if contact_price else 0.0)


def allocate(
    net: Floats, cost: Floats, *, budget: float | None, max_contacts: int | None
) -> Allocation:
    """Choose the customers with the largest total profit within both limits.

    Args:
        net: expected profit per customer, finite, in canonical order.
        cost: expected cost per customer, finite and not negative.
        budget: most expected cost of all chosen customers; None is no limit.
        max_contacts: most chosen customers; None is no limit.

    Returns:
        The choice with its prices and its bound. Without fractions of a customer the
        choice can miss the bound by about one customer's profit.

    Raises:
        ValueError: a number is not finite or a cost is negative.
    """
    _check(net, cost)
    problem = _Problem(
        net,
        cost,
        float("inf") if budget is None else float(budget),
        net.size if max_contacts is None else max_contacts,
    )
    chosen, contact_price = problem.choose(0.0)
    price = 0.0
    bound = problem.bound(price, contact_price)
    if problem.spend(chosen) > problem.budget:
        low, price = _bracket(problem)
        above, _ = problem.choose(low)
        chosen, contact_price = problem.choose(price)
        bound = min(bound, problem.bound(price, contact_price))
        chosen = _fill(problem, _swap(problem, chosen, above))
    value = float(net[chosen].sum())
    return Allocation(
        chosen=chosen,
        budget_price=price,
        contact_price=contact_price,
        value=value,
        spend=problem.spend(chosen),
        bound=max(bound, value),
    )


def _check(net: Floats, cost: Floats) -> None:
    """Refuse numbers that would make the arithmetic meaningless."""
    if not (np.isfinite(net).all() and np.isfinite(cost).all() and (cost >= 0).all()):
        msg = "profit and cost must be finite and no cost may be negative"
        raise ValueError(msg)


def _bracket(problem: _Problem) -> tuple[float, float]:
    """Close in on the price at which the budget is just kept, from both sides."""
    paid = problem.cost > 0
    # A touch more than the best profit per unit of cost: nobody pays that.
    low, high = 0.0, float((problem.net[paid] / problem.cost[paid]).max()) * (1 + 1e-9)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if problem.spend(problem.choose(middle)[0]) > problem.budget:
            low = middle
        else:
            high = middle
    return low, high


def _swap(problem: _Problem, chosen: Mask, above: Mask) -> Mask:
    """Exchange customers that tie at the price while money is left.

    With a limit of contacts and few distinct profits, many customers change places at
    one single price; the best choice lies between both sides of it.
    """
    entering, leaving = np.flatnonzero(above & ~chosen), np.flatnonzero(chosen & ~above)
    pairs = min(entering.size, leaving.size)
    if pairs == 0:
        return chosen
    entering, leaving = entering[:pairs], leaving[:pairs]
    extra = np.cumsum(problem.cost[entering] - problem.cost[leaving])
    affordable = extra <= problem.budget - problem.spend(chosen)
    count = pairs if affordable.all() else int(np.argmin(affordable))
    swapped = chosen.copy()
    swapped[leaving[:count]] = False
    swapped[entering[:count]] = True
    return swapped


def _fill(problem: _Problem, chosen: Mask) -> Mask:
    """Spend what is left on the most efficient customers that still fit."""
    room = problem.contacts - int(np.count_nonzero(chosen))
    left = problem.budget - problem.spend(chosen)
    waiting = np.flatnonzero(~chosen & (problem.net > 0) & (problem.cost <= left))
    with np.errstate(divide="ignore"):  # a free customer is infinitely efficient
        efficiency = problem.net[waiting] / problem.cost[waiting]
    filled = chosen.copy()
    for index in waiting[np.argsort(-efficiency, kind="stable")[:_FILL_CANDIDATES]]:
        if room == 0:
            break
        if problem.cost[index] <= left:
            filled[index] = True
            left -= float(problem.cost[index])
            room -= 1
    return filled
