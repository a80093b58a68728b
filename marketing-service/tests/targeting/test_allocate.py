from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from marketing_service.targeting.allocate import Allocation, allocate

Floats = NDArray[np.float64]


def _instance(rows: int, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    return rng.lognormal(3, 1, rows) - 5, rng.uniform(0.02, 15, rows)


def _best(net: Floats, cost: Floats, budget: float, contacts: int) -> float:
    rows = np.vstack([cost, np.ones_like(cost)])
    found = milp(
        -net,
        integrality=np.ones_like(net),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(rows, ub=[budget, contacts]),
        options={"mip_rel_gap": 0},
    )
    return float(-found.fun)


def _keeps(found: Allocation, cost: Floats, budget: float, contacts: int) -> bool:
    spent = cost[found.chosen].sum()
    return bool(spent <= budget * (1 + 1e-12) and found.chosen.sum() <= contacts)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("contacts", [60, 9])
def test_the_choice_comes_within_one_customer_of_the_proven_best(seed: int, contacts: int) -> None:
    net, cost = _instance(60, seed)
    budget = 0.3 * cost.sum()
    found = allocate(net, cost, budget=budget, max_contacts=contacts)
    best = _best(net, cost, budget, contacts)
    assert _keeps(found, cost, budget, contacts)
    assert best - net.max() <= found.value <= best + 1e-9
    assert found.bound >= best - 1e-9


@given(
    net=st.lists(st.floats(-50, 500), min_size=1, max_size=60),
    seed=st.integers(0, 1000),
    budget=st.floats(0, 400),
    contacts=st.integers(0, 60),
)
@settings(max_examples=150, deadline=None)
def test_limits_hold_and_the_bound_is_never_below_the_value(
    net: list[float], seed: int, budget: float, contacts: int
) -> None:
    gains = np.array(net)
    cost = np.random.default_rng(seed).choice([0.0, 0.1, 5.0, 30.0], gains.size)
    found = allocate(gains, cost, budget=budget, max_contacts=contacts)
    assert _keeps(found, cost, budget, contacts)
    assert found.bound >= found.value
    assert found.value == pytest.approx(gains[found.chosen].sum())
    assert (gains[found.chosen] > 0).all()
    assert 0 <= found.gap <= 1


@given(seed=st.integers(0, 500))
@settings(max_examples=30, deadline=None)
def test_profit_never_falls_when_the_budget_grows(seed: int) -> None:
    net, cost = _instance(80, seed)
    budgets = np.linspace(0, cost.sum(), 15)
    values = [allocate(net, cost, budget=b, max_contacts=None).value for b in budgets]
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(values))


def test_the_gap_is_tiny_on_ten_thousand_customers() -> None:
    net, cost = _instance(10_000, 3)
    budget = 0.3 * cost.sum()
    assert allocate(net, cost, budget=budget, max_contacts=None).gap <= 1e-5
    assert allocate(net, cost, budget=budget, max_contacts=2_500).gap <= 2e-5


def test_the_price_is_what_the_next_euro_earns() -> None:
    net, cost = _instance(10_000, 4)
    budget = 0.2 * cost.sum()
    low, high = (allocate(net, cost, budget=b, max_contacts=None) for b in (budget, budget + 200))
    assert (high.value - low.value) / 200 == pytest.approx(low.budget_price, rel=0.02)


def test_the_contact_price_is_what_one_more_contact_earns() -> None:
    net, cost = _instance(100, 4)
    found = allocate(net, cost, budget=None, max_contacts=10)
    more = allocate(net, cost, budget=None, max_contacts=11)
    assert more.value - found.value == pytest.approx(found.contact_price)
    assert found.budget_price == 0


def test_without_limits_everybody_who_pays_is_chosen() -> None:
    net, cost = np.array([5.0, -1.0, 0.0]), np.array([1.0, 1.0, 0.0])
    found = allocate(net, cost, budget=None, max_contacts=None)
    assert found.chosen.tolist() == [True, False, False]
    assert (found.gap, found.bound) == (0, 5)


@pytest.mark.parametrize("budget", [0.0, 0.5])
def test_a_tiny_budget_takes_only_free_customers(budget: float) -> None:
    net, cost = np.array([5.0, 3.0, 9.0]), np.array([1.0, 0.0, 2.0])
    found = allocate(net, cost, budget=budget, max_contacts=None)
    assert found.chosen.tolist() == [False, True, False]


def test_equal_customers_are_taken_in_canonical_order() -> None:
    net, cost = np.full(10, 4.0), np.full(10, 2.0)
    found = allocate(net, cost, budget=7, max_contacts=None)
    assert np.flatnonzero(found.chosen).tolist() == [0, 1, 2]
    both = allocate(net, cost, budget=7, max_contacts=2)
    assert np.flatnonzero(both.chosen).tolist() == [0, 1]
    assert both.gap == 0


def test_money_left_over_buys_no_forbidden_contact() -> None:
    net, cost = np.array([10.0, 9.0, 1.0]), np.array([6.0, 1.0, 1.0])
    found = allocate(net, cost, budget=5, max_contacts=1)
    assert found.chosen.tolist() == [False, True, False]


def test_two_price_lists_are_mixed_when_both_limits_bind() -> None:
    net = np.repeat([10.0, 4.0], 1000)
    cost = np.repeat([5.0, 1.0], 1000)
    found = allocate(net, cost, budget=1500, max_contacts=500)
    assert found.value == pytest.approx(3500)
    assert found.gap <= 1e-9


def test_nobody_worth_it_gives_an_empty_choice() -> None:
    found = allocate(np.array([-1.0]), np.array([1.0]), budget=1, max_contacts=1)
    assert (found.value, found.spend, found.gap) == (0, 0, 0)


def test_no_customers_give_an_empty_choice() -> None:
    found = allocate(np.array([]), np.array([]), budget=1, max_contacts=1)
    assert found.chosen.size == 0


@pytest.mark.parametrize(("net", "cost"), [(np.nan, 1.0), (np.inf, 1.0), (1.0, -1.0)])
def test_meaningless_numbers_are_refused(net: float, cost: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        allocate(np.array([net]), np.array([cost]), budget=1, max_contacts=1)
