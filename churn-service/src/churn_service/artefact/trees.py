"""Boosted trees as flat tables: one entry per node, trees one after another."""

import math
from collections.abc import Iterator, Sequence

import msgspec

from churn_contract.schema import CustomerSchema
from churn_service.artefact.rules import ascend, broken

LEAF = -1
NO_SET = -1
DEEPEST = 60


class Trees(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="trees",
    tag_field="kind",
):
    """A base value and trees whose leaves are added to it, in their order.

    All lists but `roots` and `category_sets` have one entry per node. A child
    stands behind its parent, so that no path ever returns.

    Attributes:
        base: Logit before the first tree.
        roots: Where each tree begins; the first is 0.
        feature: Place among the schema's features; -1 marks a leaf.
        threshold: A number that is not greater goes left.
        category_set: Place in `category_sets`, -1 where `threshold` decides.
        category_sets: Levels that go left.
        missing_left: Whether missing and unseen values go left.
        left: Node of the left child; 0 in a leaf.
        right: Node of the right child; 0 in a leaf.
        value: Logit that a leaf adds; 0 elsewhere.
        count: Training customers that came through the node.
    """

    base: float
    roots: tuple[int, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    category_set: tuple[int, ...]
    category_sets: tuple[tuple[str, ...], ...]
    missing_left: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]
    count: tuple[int, ...]


def trees_problems(schema: CustomerSchema, trees: Trees) -> Iterator[str]:
    """Yield what does not make sense; later checks need the earlier ones."""
    found = list(_shape_problems(trees)) or list(_node_problems(schema, trees))
    yield from found or _path_problems(trees)


def tree_nodes(trees: Trees) -> Iterator[range]:
    """Yield the nodes of each tree."""
    ends = (*trees.roots[1:], len(trees.feature))
    yield from map(range, trees.roots, ends)


def _shape_problems(trees: Trees) -> Iterator[str]:
    nodes = len(trees.feature)
    lists: tuple[Sequence[object], ...] = (
        trees.threshold, trees.category_set, trees.missing_left,
        trees.left, trees.right, trees.value, trees.count,
    )  # fmt: skip
    yield from broken((
        (
            all(len(entries) == nodes for entries in lists),
            "the lists of the trees have different lengths",
        ),
        (
            trees.roots[:1] == (0,) and ascend((*trees.roots, nodes)),
            "the roots of the trees do not ascend from 0 within the nodes",
        ),
        (
            all(map(math.isfinite, (trees.base, *trees.threshold, *trees.value))),
            "a number of the trees is not finite",
        ),
    ))


def _node_problems(schema: CustomerSchema, trees: Trees) -> Iterator[str]:
    for nodes in tree_nodes(trees):
        for node in nodes:
            yield from _one_node_problems(schema, trees, node, nodes.stop)


def _one_node_problems(schema: CustomerSchema, trees: Trees, node: int, end: int) -> Iterator[str]:
    if trees.count[node] < 1:
        yield f"node {node} of the trees has no customers"
    if trees.feature[node] != LEAF:
        yield from _inner_problems(schema, trees, node, end)
    elif trees.left[node] or trees.right[node]:
        yield f"leaf {node} of the trees has children"


def _inner_problems(schema: CustomerSchema, trees: Trees, node: int, end: int) -> Iterator[str]:
    if not all(node < child < end for child in (trees.left[node], trees.right[node])):
        yield f"a child of node {node} does not stand behind it in its tree"
    if not 0 <= trees.feature[node] < len(schema.features):
        yield f"node {node} of the trees asks for a feature that does not exist"
        return
    field = schema.features[trees.feature[node]]
    chosen = trees.category_set[node]
    if (field.kind == "number") != (chosen == NO_SET):
        yield f"node {node} of the trees does not fit the kind of {field.name}, {field.kind}"
    elif not NO_SET <= chosen < len(trees.category_sets):
        yield f"node {node} of the trees names a set of levels that does not exist"
    elif chosen != NO_SET and not set(trees.category_sets[chosen]) <= set(field.levels):
        yield f"node {node} of the trees sends levels left that {field.name} does not have"


def _path_problems(trees: Trees) -> Iterator[str]:
    """Yield nodes that no path, or more than one, leads to; and bad counts."""
    parents = [0] * len(trees.feature)
    depth = [0] * len(trees.feature)
    for node, feature in enumerate(trees.feature):
        if feature == LEAF:
            continue
        children = (trees.left[node], trees.right[node])
        for child in children:
            parents[child] += 1
            depth[child] = depth[node] + 1
        if sum(trees.count[child] for child in children) != trees.count[node]:
            yield f"the customers of node {node} are not those of its children"
    roots = set(trees.roots)
    if parents != [int(node not in roots) for node in range(len(parents))]:
        yield "a node of the trees is not reached by exactly one path"
    if max(depth) > DEEPEST:
        yield f"a tree is deeper than {DEEPEST}"
