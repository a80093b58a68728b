"""Boosted trees as one TreeEnsemble node (ai.onnx.ml, version 5) in double precision.

Levels reach it as columns of 0 and 1, one per question that the trees ask about them:
0 goes left. Missing and unseen levels get what training said of that question.
"""

from typing import NamedTuple

import numpy as np
from onnx import numpy_helper

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


def _attributes(trees: Trees, roots: list[int], places: dict[Question, int]) -> dict[str, object]:
    """Return the node's attributes; inner nodes and leaves are numbered apart."""
    inner = [node for node, feature in enumerate(trees.feature) if feature != LEAF]
    leaves = [node for node, feature in enumerate(trees.feature) if feature == LEAF]
    number = {node: index for index, node in enumerate(inner)}
    number |= {node: index for index, node in enumerate(leaves)}
    asked = [_question(trees, node) for node in inner]
    splits = [
        trees.threshold[node] if question.category_set == NO_SET else 0.5
        for node, question in zip(inner, asked, strict=True)
    ]
    left = [trees.left[node] for node in inner]
    right = [trees.right[node] for node in inner]
    is_leaf = set(leaves)
    return {
        "tree_roots": [number[root] for root in roots],
        "nodes_featureids": [places[question] for question in asked],
        "nodes_splits": numpy_helper.from_array(np.array(splits, dtype=np.float64)),
        "nodes_modes": numpy_helper.from_array(np.full(len(inner), _LEQ, dtype=np.uint8)),
        "nodes_truenodeids": [number[node] for node in left],
        "nodes_falsenodeids": [number[node] for node in right],
        "nodes_trueleafs": [int(node in is_leaf) for node in left],
        "nodes_falseleafs": [int(node in is_leaf) for node in right],
        "nodes_missing_value_tracks_true": [int(trees.missing_left[node]) for node in inner],
        "leaf_targetids": [0] * len(leaves),
        "leaf_weights": numpy_helper.from_array(
            np.array([trees.value[node] for node in leaves], dtype=np.float64)
        ),
        "n_targets": 1,
        "aggregate_function": _SUM,
        "post_transform": _NO_TRANSFORM,
    }
