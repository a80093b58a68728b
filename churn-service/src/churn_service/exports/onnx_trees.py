"""Boosted trees as one TreeEnsemble node (ai.onnx.ml, version 5) in double precision.

Levels reach it as columns of 0 and 1, one per question that the trees ask about them:
0 goes left. Missing and unseen levels get what training said of that question.
"""

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

import numpy as np
from onnx import TensorProto, numpy_helper

from churn_contract.schema import CustomerSchema
from churn_service.artefact.trees import LEAF, NO_SET, Trees
from churn_service.exports.onnx_columns import Columns
from churn_service.exports.onnx_graph import ML_DOMAIN

_LEQ, _SUM, _NO_TRANSFORM = 0, 1, 0


class Question(NamedTuple):
    """A column of the node's input: a number, or yes or no about a level."""

    place: int
    category_set: int = NO_SET
    missing_left: bool = False


def add_trees(columns: Columns, trees: Trees) -> str:
    """Add the trees; return the name of their logit, of shape [rows, 1]."""
    graph = columns.graph
    lone = [root for root in trees.roots if trees.feature[root] == LEAF]
    base = trees.base + sum(trees.value[root] for root in lone)
    roots = [root for root in trees.roots if trees.feature[root] != LEAF]
    if not roots:
        zeros = graph.node("Mul", columns.number(0), graph.doubles(0.0))
        return graph.node("Add", zeros, graph.doubles(base))
    questions = _questions(trees)
    parts = [_answers(columns, trees, question) for question in questions]
    matrix = graph.node("Concat", *parts, axis=1)
    attributes = _attributes(trees, roots, {q: place for place, q in enumerate(questions)})
    total = graph.node("TreeEnsemble", matrix, domain=ML_DOMAIN, **attributes)
    return graph.node("Add", total, graph.doubles(base))


def _questions(trees: Trees) -> list[Question]:
    inner = [node for node, feature in enumerate(trees.feature) if feature != LEAF]
    return sorted({_question(trees, node) for node in inner})


def _question(trees: Trees, node: int) -> Question:
    chosen = trees.category_set[node]
    missing_left = chosen != NO_SET and trees.missing_left[node]
    return Question(trees.feature[node], chosen, missing_left)


def _answers(columns: Columns, trees: Trees, question: Question) -> str:
    if question.category_set == NO_SET:
        return columns.number(question.place)
    left = set(trees.category_sets[question.category_set])
    levels = _levels(columns.schema, question.place)
    otherwise = 0.0 if question.missing_left else 1.0
    table = [0.0 if level in left else 1.0 for level in levels]
    return columns.gathered(question.place, [*table, otherwise, otherwise])


def _levels(schema: CustomerSchema, place: int) -> tuple[str, ...]:
    return schema.features[place].levels


class _Numbering:
    """Inner nodes and leaves, each numbered for themselves as the node wants them."""

    def __init__(self, trees: Trees) -> None:
        self.inner = [node for node, feature in enumerate(trees.feature) if feature != LEAF]
        self.leaves = [node for node, feature in enumerate(trees.feature) if feature == LEAF]
        self._number = {node: index for index, node in enumerate(self.inner)}
        self._number |= {node: index for index, node in enumerate(self.leaves)}
        self._is_leaf = set(self.leaves)

    def numbers(self, nodes: Iterable[int]) -> list[int]:
        """Return the numbers of nodes among their kind."""
        return [self._number[node] for node in nodes]

    def are_leaves(self, nodes: Iterable[int]) -> list[int]:
        """Return 1 for each leaf among nodes, else 0."""
        return [int(node in self._is_leaf) for node in nodes]


def _attributes(trees: Trees, roots: list[int], places: dict[Question, int]) -> dict[str, object]:
    nodes = _Numbering(trees)
    inner = nodes.inner
    asked = [_question(trees, node) for node in inner]
    left = [trees.left[node] for node in inner]
    right = [trees.right[node] for node in inner]
    return {
        "tree_roots": nodes.numbers(roots),
        "nodes_featureids": [places[question] for question in asked],
        "nodes_splits": _tensor(map(partial(_split, trees), inner, asked)),
        "nodes_modes": numpy_helper.from_array(np.full(len(inner), _LEQ, dtype=np.uint8)),
        "nodes_truenodeids": nodes.numbers(left),
        "nodes_falsenodeids": nodes.numbers(right),
        "nodes_trueleafs": nodes.are_leaves(left),
        "nodes_falseleafs": nodes.are_leaves(right),
        "nodes_missing_value_tracks_true": [int(trees.missing_left[node]) for node in inner],
        "leaf_targetids": [0] * len(nodes.leaves),
        "leaf_weights": _tensor(trees.value[node] for node in nodes.leaves),
        "n_targets": 1,
        "aggregate_function": _SUM,
        "post_transform": _NO_TRANSFORM,
    }


def _split(trees: Trees, node: int, question: Question) -> float:
    return trees.threshold[node] if question.category_set == NO_SET else 0.5


def _tensor(values: Iterable[float]) -> TensorProto:
    return numpy_helper.from_array(np.array(list(values), dtype=np.float64))
