"""Exact reasons of boosted trees: Shapley values along the paths (TreeSHAP).

A feature that is not known sends a customer down both branches, in the
proportion of the training customers that went there (path-dependent TreeSHAP,
Lundberg et al., 2020, algorithm 2). The shares of a customer and the mean of
the leaves add up to the logit.
"""

from collections.abc import Callable
from typing import NamedTuple

from churn_contract.schema import CustomerSchema
from churn_service.artefact.trees import LEAF, NO_SET, Trees
from churn_service.scorer.scorecard import Values

Shares = Callable[[Values], tuple[float, ...]]


class Walk(NamedTuple):
    """The trees and the schema that says which levels are known."""

    trees: Trees
    schema: CustomerSchema

    def goes_left(self, node: int, value: float | str | None) -> bool:
        """Return whether a customer with this value goes left at an inner node."""
        trees = self.trees
        chosen = trees.category_set[node]
        if chosen == NO_SET:
            if value is None:
                return trees.missing_left[node]
            return float(value) <= trees.threshold[node]
        if value in self.schema.features[trees.feature[node]].levels:
            return value in trees.category_sets[chosen]
        return trees.missing_left[node]


class Step(NamedTuple):
    """One feature on the path from the root to a node.

    Attributes:
        feature: Place among the schema's features; -1 for the start.
        unknown: Share of the customers that come here when it is not known.
        known: 1 when this customer comes here when it is known, else 0.
        weight: Sum over the subsets of known features of this size.
    """

    feature: int
    unknown: float
    known: float
    weight: float


def compile_tree_shares(trees: Trees, schema: CustomerSchema) -> Shares:
    """Return the function from values to each feature's share of the logit."""
    features = len(schema.features)
    walk = Walk(trees, schema)
    start = _extended((), unknown=1.0, known=1.0, feature=LEAF)

    def shares(values: Values) -> tuple[float, ...]:
        found = [0.0] * features
        for root in trees.roots:
            _descend(walk, values, root, start, found)
        return tuple(found)

    return shares


def tree_mean(trees: Trees) -> float:
    """Return the mean logit over the training customers that the counts tell of."""
    expected = list(trees.value)
    for node in range(len(expected) - 1, -1, -1):  # children stand behind their parents
        if trees.feature[node] != LEAF:
            left, right = trees.left[node], trees.right[node]
            total = trees.count[left] * expected[left] + trees.count[right] * expected[right]
            expected[node] = total / trees.count[node]
    return trees.base + sum(expected[root] for root in trees.roots)


def _descend(
    walk: Walk, values: Values, node: int, path: tuple[Step, ...], found: list[float]
) -> None:
    trees = walk.trees
    if trees.feature[node] == LEAF:
        for place in range(1, len(path)):
            step = path[place]
            weight = sum(entry.weight for entry in _unwound(path, place))
            found[step.feature] += weight * (step.known - step.unknown) * trees.value[node]
        return
    feature = trees.feature[node]
    left = walk.goes_left(node, values[feature])
    unknown = known = 1.0
    for place, step in enumerate(path):
        if step.feature == feature:  # asked before: one step of the path, not two
            unknown, known = step.unknown, step.known
            path = _unwound(path, place)
            break
    for child, chosen in ((trees.left[node], left), (trees.right[node], not left)):
        share = unknown * trees.count[child] / trees.count[node]
        longer = _extended(path, unknown=share, known=known * chosen, feature=feature)
        _descend(walk, values, child, longer, found)


def _extended(
    path: tuple[Step, ...], *, unknown: float, known: float, feature: int
) -> tuple[Step, ...]:
    """Return the path with one more feature and the weights of all sizes."""
    length = len(path)
    weights = [step.weight for step in path] + [1.0 if length == 0 else 0.0]
    for place in range(length - 1, -1, -1):
        weights[place + 1] += known * weights[place] * (place + 1) / (length + 1)
        weights[place] = unknown * weights[place] * (length - place) / (length + 1)
    steps = (*path, Step(feature, unknown, known, 0.0))
    return tuple(step._replace(weight=weight) for step, weight in zip(steps, weights, strict=True))


def _unwound(path: tuple[Step, ...], place: int) -> tuple[Step, ...]:
    """Return the path as if the feature at this place had never been added."""
    last = len(path) - 1
    unknown, known = path[place].unknown, path[place].known
    weights = [step.weight for step in path]
    carried = weights[last]
    for index in range(last - 1, -1, -1):
        if known:
            kept = weights[index]
            weights[index] = carried * (last + 1) / ((index + 1) * known)
            carried = kept - weights[index] * unknown * (last - index) / (last + 1)
        else:
            weights[index] = weights[index] * (last + 1) / (unknown * (last - index))
    steps = path[:place] + path[place + 1 :]
    return tuple(step._replace(weight=weight) for step, weight in zip(steps, weights, strict=False))
