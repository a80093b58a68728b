"""Boosted trees over columns: bit masks of the leaves that are still possible.

Each tree has at most 64 leaves, one bit each, from left to right. Every node whose
question a customer answers with no takes the leaves on its left away; the first bit left
is the leaf (QuickScorer, Lucchese et al., SIGIR 2015). A feature has few answers that
differ, so its masks stand in a table with one row per answer and one column per tree, and
level columns share a table. The leaves are added in the order of the trees.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import CustomerSchema
from churn_service.artefact.trees import LEAF, Trees, tree_nodes
from churn_service.columnar.bins import Bins
from churn_service.columnar.block import Block, LevelColumn, NumberColumn, Places
from churn_service.columnar.cards import combined_codes
from churn_service.columnar.exact import Floats

Masks = NDArray[np.unsignedinteger]

_ROWS_AT_ONCE = 512
_TREES_AT_ONCE = 64
_MOST_CODES = 512
# The place of the only bit, by the top bits of its product with this number (de Bruijn).
_BRUIJN = {32: (0x077CB531, 27), 64: (0x03F79D71B4CB0A89, 58)}


class TooManyLeavesError(ValueError):
    """A tree has more than 64 leaves; rows must be scored one by one."""


class TreeScorer:
    """Logits of boosted trees.

    Raises:
        TooManyLeavesError: A tree has more than 64 leaves.
    """

    def __init__(self, trees: Trees, schema: CustomerSchema) -> None:
        self._base = trees.base
        plans = [_plan(trees, nodes) for nodes in tree_nodes(trees)]
        starts = [*range(0, len(plans), _TREES_AT_ONCE), len(plans)]
        self._groups = [_Group(trees, schema, plans[start:end]) for start, end in pairwise(starts)]

    def logits(self, block: Block) -> Floats:
        """Return the logit of every row."""
        total = np.full(block.rows, self._base)
        for group in self._groups:
            group.add_to(total, block)
        return total


class _Plan(NamedTuple):
    """One tree: its leaves from left to right, and the nodes that ask.

    Attributes:
        values: Of the leaves.
        questions: Node, and the places of the leaves on its left: from, to.
    """

    values: list[float]
    questions: list[tuple[int, int, int]]


def _plan(trees: Trees, nodes: range) -> _Plan:
    plan = _Plan([], [])
    _walk(trees, nodes.start, plan)
    return plan


def _walk(trees: Trees, node: int, plan: _Plan) -> None:
    if trees.feature[node] == LEAF:
        plan.values.append(trees.value[node])
        return
    first = len(plan.values)
    _walk(trees, trees.left[node], plan)
    plan.questions.append((node, first, len(plan.values)))
    _walk(trees, trees.right[node], plan)


class _Group:
    """Some trees in a row, whose masks stand side by side."""

    def __init__(self, trees: Trees, schema: CustomerSchema, plans: list[_Plan]) -> None:
        most = max(len(plan.values) for plan in plans)
        if most > max(_BRUIJN):
            raise TooManyLeavesError
        self._bits = min(_BRUIJN) if most <= min(_BRUIJN) else max(_BRUIJN)
        self._type = np.dtype(f"u{self._bits // 8}")
        # a leaf's value stands where the product of its bit points to
        places = _places_of_bits(self._bits)
        self._values = np.zeros((len(plans), self._bits))
        for place, plan in enumerate(plans):
            self._values[place, places[: len(plan.values)]] = plan.values
        self._first = np.arange(len(plans), dtype=np.intp) * self._bits
        self._numbers: list[tuple[int, Bins, Masks]] = []
        self._levels: list[tuple[int, Masks]] = []
        for feature, field in enumerate(schema.features):
            questions = _questions_of(trees, feature, plans)
            if questions and field.kind == "number":
                self._numbers.append((feature, *self._number_masks(trees, questions)))
            elif questions:
                self._levels.append((feature, self._level_masks(trees, questions, field.levels)))

    def add_to(self, total: Floats, block: Block) -> None:
        """Add the leaves of these trees to the totals of a block."""
        tables = self._level_tables(block)
        for rows, part in block.parts(_ROWS_AT_ONCE):
            found = np.empty((len(self._values) + 1, part.rows))
            found[0] = total[rows]
            masks = self._masks(part, tables)
            self._values.take(self._leaves(masks), mode="clip", out=found[1:])
            total[rows] = np.add.reduce(found, axis=0)  # row after row: in the trees' order

    def _masks(self, part: Block, tables: "list[_Table]") -> Masks:
        """Return the leaves still possible, one row per customer, one column per tree."""
        masks: Masks | None = None
        for codes, table in self._codes(part, tables):
            found = table.take(codes, axis=0, mode="clip")
            if masks is None:
                masks = found
            else:
                np.bitwise_and(masks, found, out=masks)
        if masks is None:
            return np.ones((part.rows, len(self._values)), dtype=self._type)
        return masks

    def _codes(self, part: Block, tables: "list[_Table]") -> Iterator[tuple[Places, Masks]]:
        for feature, bins, masks in self._numbers:
            column = part.columns[feature]
            if isinstance(column, NumberColumn):
                places = bins.places(column.numbers)
                missing = np.isnan(column.numbers)
                if missing.any():
                    places[missing] = len(masks) - 1
                yield places, masks
        for table in tables:
            yield combined_codes(part, table.columns), table.masks

    def _leaves(self, masks: Masks) -> Places:
        """Return the place of each lowest bit among the values, one row per tree."""
        factor, shift = _BRUIJN[self._bits]
        lowest = np.bitwise_and(masks, np.negative(masks), out=masks)
        lowest *= self._type.type(factor)
        lowest >>= self._type.type(shift)
        leaves = lowest.T.astype(np.intp, order="C")
        leaves += self._first[:, None]
        return leaves

    def _level_tables(self, block: Block) -> "list[_Table]":
        """Combine level columns, by the body's own codes, while the tables stay small."""
        tables: list[_Table] = []
        room = min(_MOST_CODES, max(block.rows // 8, 1))
        for feature, masks in self._levels:
            column = block.columns[feature]
            if isinstance(column, LevelColumn):
                found = masks.take(column.entries, axis=0)
                if tables and len(tables[-1].masks) * len(found) <= room:
                    tables[-1] = tables[-1].with_column(feature, found)
                else:
                    tables.append(_Table([(feature, len(found))], found))
        return tables

    def _number_masks(self, trees: Trees, questions: "list[_Question]") -> tuple[Bins, Masks]:
        """Return the bins of a number and the masks of each, that of missing last."""
        thresholds = np.unique([trees.threshold[asked.node] for asked in questions])
        masks = self._all_leaves(len(thresholds) + 2)
        for asked in questions:
            place = int(np.searchsorted(thresholds, trees.threshold[asked.node]))
            masks[place + 1 : -1, asked.tree] &= self._without(asked)
            if not trees.missing_left[asked.node]:
                masks[-1, asked.tree] &= self._without(asked)
        # x <= threshold goes left: the edges of bins are the next numbers above
        return Bins(np.nextafter(thresholds, np.inf)), masks

    def _level_masks(
        self, trees: Trees, questions: "list[_Question]", levels: tuple[str, ...]
    ) -> Masks:
        """Return the masks of each level, of unseen ones and of missing ones."""
        masks = self._all_leaves(len(levels) + 2)
        for asked in questions:
            chosen = trees.category_sets[trees.category_set[asked.node]]
            odd = [not trees.missing_left[asked.node]] * 2
            right = np.array([*(level not in chosen for level in levels), *odd])
            masks[right, asked.tree] &= self._without(asked)
        return masks

    def _all_leaves(self, codes: int) -> Masks:
        every = np.iinfo(self._type).max
        return np.full((codes, len(self._values)), every, dtype=self._type)

    def _without(self, asked: "_Question") -> np.unsignedinteger:
        bits = (1 << asked.end) - (1 << asked.start)
        kept: np.unsignedinteger = self._type.type(int(np.iinfo(self._type).max) ^ bits)
        return kept


class _Question(NamedTuple):
    """A node of one tree, and the leaves on its left."""

    tree: int
    node: int
    start: int
    end: int


def _questions_of(trees: Trees, feature: int, plans: list[_Plan]) -> list[_Question]:
    return [
        _Question(place, node, start, end)
        for place, plan in enumerate(plans)
        for node, start, end in plan.questions
        if trees.feature[node] == feature
    ]


class _Table(NamedTuple):
    """Masks by the combined code of some level columns (place, number of entries)."""

    columns: list[tuple[int, int]]
    masks: Masks

    def with_column(self, feature: int, masks: Masks) -> "_Table":
        """Return the table with one more column."""
        both = self.masks[:, None, :] & masks[None, :, :]
        columns = [*self.columns, (feature, len(masks))]
        return _Table(columns, both.reshape(-1, masks.shape[1]))


def _places_of_bits(bits: int) -> Places:
    """Return the top bits of each single bit's product; no two are equal."""
    factor, shift = _BRUIJN[bits]
    every = (1 << bits) - 1
    return np.array([((factor << place) & every) >> shift for place in range(bits)])
