"""Reasons of trees against Shapley values by their definition."""

from itertools import combinations
from math import factorial

import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.trees import LEAF, Trees
from churn_service.scorer.tree_shares import Walk, compile_tree_shares, tree_mean

SCHEMA = CustomerSchema(
    name="small",
    fields=(
        Field(name="age", kind="number", minimum=0, maximum=100, nullable=True),
        Field(name="plan", kind="category", levels=("basic", "plus", "max"), unknown="other"),
        Field(name="calls", kind="number", minimum=0, maximum=100),
        Field(name="idle", kind="number", minimum=0, maximum=100),
    ),
)
# age <= 30 ? (plan in basic, max ? 1 : (age <= 20 ? -2 : 0.5)) : (calls <= 3 ? 0.25 : 2)
TREES = Trees(
    base=-0.5,
    roots=(0, 9),
    feature=(0, 1, LEAF, 0, LEAF, LEAF, 2, LEAF, LEAF, LEAF),
    threshold=(30.0, 0.0, 0.0, 20.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0),
    category_set=(-1, 0, -1, -1, -1, -1, -1, -1, -1, -1),
    category_sets=(("basic", "max"),),
    missing_left=(False, True, False, True, False, False, False, False, False, False),
    left=(1, 2, 0, 4, 0, 0, 7, 0, 0, 0),
    right=(6, 3, 0, 5, 0, 0, 8, 0, 0, 0),
    value=(0, 0, 1.0, 0, -2.0, 0.5, 0, 0.25, 2.0, 0.125),
    count=(100, 60, 20, 40, 10, 30, 40, 25, 15, 100),
)
CUSTOMERS = [
    (25.0, "plus", 5.0, 1.0),
    (18.0, "plus", 1.0, 1.0),
    (25.0, "basic", 5.0, 0.0),
    (60.0, "max", 3.0, 9.0),
    (None, "plus", 3.5, 1.0),
    (10.0, "unseen", 1.0, 1.0),
]


def expected(node: int, values: tuple, known: set[int]) -> float:
    if TREES.feature[node] == LEAF:
        return TREES.value[node]
    left, right = TREES.left[node], TREES.right[node]
    if TREES.feature[node] in known:
        goes = Walk(TREES, SCHEMA).goes_left(node, values[TREES.feature[node]])
        return expected(left if goes else right, values, known)
    total = TREES.count[left] * expected(left, values, known)
    return (total + TREES.count[right] * expected(right, values, known)) / TREES.count[node]


def by_definition(values: tuple, feature: int) -> float:
    others = [place for place in range(4) if place != feature]
    total = 0.0
    for size in range(4):
        weight = factorial(size) * factorial(3 - size) / factorial(4)
        for known in map(set, combinations(others, size)):
            for root in TREES.roots:
                gain = expected(root, values, known | {feature}) - expected(root, values, known)
                total += weight * gain
    return total


@pytest.mark.parametrize("values", CUSTOMERS)
def test_the_shares_are_the_shapley_values(values) -> None:
    shares = compile_tree_shares(TREES, SCHEMA)(values)
    wanted = [by_definition(values, feature) for feature in range(4)]
    assert shares == pytest.approx(wanted, abs=1e-12)


def test_a_feature_that_no_tree_asks_for_has_no_share() -> None:
    assert compile_tree_shares(TREES, SCHEMA)(CUSTOMERS[0])[3] == 0.0


def test_the_mean_weighs_the_leaves_by_their_customers() -> None:
    leaves = (20 * 1.0 + 10 * -2.0 + 30 * 0.5 + 25 * 0.25 + 15 * 2.0) / 100
    assert tree_mean(TREES) == pytest.approx(-0.5 + leaves + 0.125)
