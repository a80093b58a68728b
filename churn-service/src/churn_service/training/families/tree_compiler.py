"""Compile boosted trees of scikit-learn into the flat tables of an artefact.

The training library keeps its trees in private tables whose features it has
reordered, levels first and numbered anew. Everything here is read from those
tables, never fitted again, so the scores keep their bits.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from churn_contract.schema import CustomerSchema
from churn_service.artefact.trees import LEAF, NO_SET, Trees
from churn_service.training.features import level_indices, number_indices


@dataclass(frozen=True, slots=True)
class Node:
    """One node; the columns of the artefact's tables in their order."""

    feature: int
    threshold: float
    category_set: int
    missing_left: bool
    left: int
    right: int
    value: float
    count: int


class Levels:
    """Which levels of each category the fit has seen, and under which code."""

    def __init__(self, model: Any, schema: CustomerSchema) -> None:
        self._schema = schema
        self.order = [*level_indices(schema), *number_indices(schema)]
        self._codes: list[dict[str, int]] = []
        self.sets: dict[tuple[str, ...], int] = {}
        indices = level_indices(schema)
        if not indices:
            return
        encoder = model._preprocessor.named_transformers_["encoder"]  # noqa: SLF001 - no public way
        for index, found in zip(indices, encoder.categories_, strict=True):
            levels = schema.features[index].levels
            seen = [int(place) for place in found if not np.isnan(place)]
            self._codes.append({levels[place]: code for code, place in enumerate(seen)})

    def set_of(self, column: int, bits: Any, *, missing_left: bool) -> int:
        """Return the number of the set of levels that go left.

        A level that the fit has not seen goes where missing values go.
        """
        codes = self._codes[column]
        left = tuple(
            level
            for level in self._schema.features[self.order[column]].levels
            if (_has_bit(bits, codes[level]) if level in codes else missing_left)
        )
        return self.sets.setdefault(left, len(self.sets))


def compile_trees_of(model: Any, schema: CustomerSchema) -> Trees:
    """Return the tables of a fitted HistGradientBoostingClassifier."""
    levels = Levels(model, schema)
    nodes: list[Node] = []
    roots = []
    for (tree,) in model._predictors:  # noqa: SLF001 - no public way
        roots.append(len(nodes))
        nodes += _nodes(tree, levels, first=len(nodes))
    columns: dict[str, Any] = {
        column.name: tuple(getattr(node, column.name) for node in nodes) for column in fields(Node)
    }
    return Trees(
        base=float(model._baseline_prediction.item()),  # noqa: SLF001 - no public way
        roots=tuple(roots),
        category_sets=tuple(levels.sets),
        **columns,
    )


def _nodes(tree: Any, levels: Levels, *, first: int) -> Iterator[Node]:
    for node in tree.nodes:
        count = int(node["count"])
        if node["is_leaf"]:
            yield Node(LEAF, 0.0, NO_SET, False, 0, 0, float(node["value"]) + 0.0, count)  # noqa: FBT003 - a table row
            continue
        column, missing_left = int(node["feature_idx"]), bool(node["missing_go_to_left"])
        chosen = NO_SET
        if node["is_categorical"]:
            bits = tree.raw_left_cat_bitsets[node["bitset_idx"]]
            chosen = levels.set_of(column, bits, missing_left=missing_left)
        yield Node(
            feature=levels.order[column],
            threshold=_threshold(node) if chosen == NO_SET else 0.0,
            category_set=chosen,
            missing_left=missing_left,
            left=first + int(node["left"]),
            right=first + int(node["right"]),
            value=0.0,
            count=count,
        )


def _threshold(node: Any) -> float:
    """Return the threshold; infinity parts missing numbers from all others."""
    return min(float(node["num_threshold"]), sys.float_info.max) + 0.0


def _has_bit(bits: Any, code: int) -> bool:
    return bool(int(bits[code // 32]) >> (code % 32) & 1)
