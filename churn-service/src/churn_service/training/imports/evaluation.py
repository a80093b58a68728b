"""Score with a foreign model as it was found, row by row: what its tables must agree with."""

import math
from collections.abc import Callable, Sequence

from churn_service.training.imports.found import Boosted, Linear, Node
from churn_service.training.imports.numbers import Value

Read = Callable[[Value], float]


def evaluate(model: Linear | Boosted, readers: Sequence[Read], values: Sequence[Value]) -> float:
    """Return the logit of a customer.

    Args:
        model: What was found.
        readers: For each of its columns, what makes the number of a value.
        values: The customer's value for each of its columns.
    """
    numbers = [read(value) for read, value in zip(readers, values, strict=True)]
    if isinstance(model, Linear):
        parts = [weight * number for weight, number in zip(model.weights, numbers, strict=True)]
        return math.fsum([model.intercept, *parts])
    total = model.base
    for tree in model.trees:
        total += _leaf(tree, numbers)
    return total


def _leaf(tree: Sequence[Node], numbers: Sequence[float]) -> float:
    node = tree[0]
    while not node.is_leaf:
        node = tree[node.left if goes_left(node, numbers[node.column]) else node.right]
    return node.value


def goes_left(node: Node, number: float) -> bool:
    """Whether a customer with this number goes to the left child."""
    if math.isnan(number) or (node.codes is not None and number < 0):
        return node.missing_left
    if node.codes is not None:
        return int(number) in node.codes
    return number <= node.threshold
