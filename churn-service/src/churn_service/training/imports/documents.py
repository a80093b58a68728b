"""A foreign model as one of our scorers: tables of levels, straight lines, trees."""

import math
import struct
import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from churn_contract.schema import Field
from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard, Scorer, Term
from churn_service.artefact.trees import LEAF, NO_SET, Trees
from churn_service.training.content import is_number
from churn_service.training.errors import ForeignModelError
from churn_service.training.families.tree_compiler import Node as Row
from churn_service.training.imports.evaluation import goes_left
from churn_service.training.imports.found import Boosted, Encoded, Linear, Node, apply
from churn_service.training.imports.matching import Matched
from churn_service.training.imports.numbers import Value

_LARGEST = sys.float_info.max
_UNSEEN = "\0"  # no table has it as a level
Share = Callable[[Value], float]


def scorer_of(matched: Matched) -> Scorer:
    """Return the scorer with the scores of the foreign model.

    Raises:
        ForeignModelError: When a field of the table has values that the model refuses.
    """
    if isinstance(matched.model, Linear):
        return _scorecard(matched, matched.model)
    return _trees(matched, matched.model)


def _scorecard(matched: Matched, model: Linear) -> Scorecard:
    terms = [
        _term(matched, model, place, field) for place, field in enumerate(matched.schema.features)
    ]
    return Scorecard(intercept=model.intercept, terms=tuple(terms))


def _term(matched: Matched, model: Linear, place: int, field: Field) -> Term:
    columns = matched.columns_of(place)
    seen = [customer.values[place] for customer in matched.dataset.customers]

    def share(value: Value) -> float:
        parts = [model.weights[column] * matched.readers[column](value) for column in columns]
        return math.fsum(parts)

    known = {value: share(value) for value in dict.fromkeys(seen)}
    mean = math.fsum(known[value] for value in seen) / len(seen)
    if field.kind == "number":
        weighted = [(model.weights[column], model.columns[column]) for column in columns]
        return _line(field, weighted, share, mean)
    return LevelTerm(
        field=field.name,
        weights={level: share(level) + 0.0 for level in field.levels},
        missing=_without_value(field, share) if field.nullable else None,
        other=share(_UNSEEN) if field.unknown == "other" else None,
        mean=mean,
    )


def _line(
    field: Field, columns: list[tuple[float, Encoded]], share: Share, mean: float
) -> CurveTerm:
    """Return a straight line over all numbers that the service takes."""
    if field.nullable:
        _without_value(field, share)
    slope, intercept = 0.0, 0.0
    for weight, encoded in columns:
        own_slope, own_intercept = _affine(encoded)
        slope += weight * own_slope
        intercept += weight * own_intercept
    low, high = field.minimum or 0.0, field.maximum or 0.0
    return CurveTerm(
        field=field.name,
        knots=(low, high) if low < high else (low,),
        intercepts=(share(low), intercept, share(high)) if low < high else (share(low),) * 2,
        slopes=(0.0, slope, 0.0) if low < high else (0.0, 0.0),
        missing=None,
        mean=mean,
    )


def _affine(encoded: Encoded) -> tuple[float, float]:
    """Return slope and intercept of what becomes of a number."""
    if encoded.levels is not None:
        return _constant(encoded)
    slope, intercept = 1.0, 0.0
    for operation, operand in encoded.steps:
        intercept = apply(operation, intercept, operand)
        if operation in {"multiply", "divide"}:
            slope = apply(operation, slope, operand)
    return slope, intercept


def _constant(encoded: Encoded) -> tuple[float, float]:
    """Return the line of a column of levels that no number is one of."""
    if encoded.other is None or any(map(is_number, encoded.levels or ())):
        raise _as_levels(encoded)
    return 0.0, encoded.other


def _as_levels(encoded: Encoded) -> ForeignModelError:
    return ForeignModelError(
        f"the model has levels of {encoded.column}, which is a number in the table; add "
        f'[columns.{encoded.column}] type = "category" to the training file'
    )


def _without_value(field: Field, share: Share) -> float:
    found = share(None)
    if math.isnan(found):
        name = field.raw or field.name
        raise ForeignModelError(
            f"the table has rows without {name}, which the model cannot score; say what an "
            f"empty cell stands for: [columns.{name}] blank = 0"
        )
    return found


def _trees(matched: Matched, model: Boosted) -> Trees:
    compiler = _TreeCompiler(matched, model)
    rows: list[Row] = []
    roots = []
    for tree in model.trees:
        roots.append(len(rows))
        first = len(rows)
        rows += [compiler.row(node, first) for node in tree]
    if not roots:
        raise ForeignModelError("the model has no trees")
    columns: dict[str, Any] = {
        column.name: tuple(getattr(row, column.name) for row in rows) for column in fields(Row)
    }
    return Trees(
        base=model.base + 0.0,
        roots=tuple(roots),
        category_sets=tuple(compiler.sets),
        **columns,
    )


class _TreeCompiler:
    """Makes rows of our tables of the nodes of a foreign tree."""

    def __init__(self, matched: Matched, model: Boosted) -> None:
        self._matched = matched
        self._model = model
        self.sets: dict[tuple[str, ...], int] = {}

    def row(self, node: Node, first: int) -> Row:
        """Return one row; `first` is the place of the tree's first node."""
        if node.is_leaf:
            return Row(LEAF, 0.0, NO_SET, False, 0, 0, node.value + 0.0, node.count)  # noqa: FBT003 - a table row
        place = self._matched.places[node.column]
        field = self._matched.schema.features[place]
        is_number = field.kind == "number"
        return Row(
            feature=place,
            threshold=self._threshold(node) if is_number else 0.0,
            category_set=NO_SET if is_number else self._set_of(node, field),
            missing_left=self._missing_left(node, field),
            left=first + node.left,
            right=first + node.right,
            value=0.0,
            count=node.count,
        )

    def _set_of(self, node: Node, field: Field) -> int:
        read = self._matched.readers[node.column]
        left = tuple(level for level in field.levels if goes_left(node, read(level)))
        return self.sets.setdefault(left, len(self.sets))

    def _missing_left(self, node: Node, field: Field) -> bool:
        """Return where missing values go; where levels may be unseen, these too."""
        read = self._matched.readers[node.column]
        if field.kind == "number":
            if field.nullable and self._model.columns[node.column].skips_text:
                _without_value(field, lambda _: math.nan)
            return goes_left(node, read(None))
        missing = goes_left(node, read(None)) if field.nullable else None
        unseen = goes_left(node, read(_UNSEEN)) if field.unknown == "other" else None
        if missing is not None and unseen is not None and missing != unseen:
            raise ForeignModelError(
                f"the model tells missing and unseen levels of {field.name} apart, which our "
                f'trees do not; set [columns.{field.raw or field.name}] unknown = "error"'
            )
        return bool(missing or unseen)

    def _threshold(self, node: Node) -> float:
        """Return the largest number that goes left, also where it is scaled first."""
        encoded = self._model.columns[node.column]
        if encoded.levels is not None or node.codes is not None:
            raise _as_levels(encoded)
        if not encoded.steps:
            return min(node.threshold, _LARGEST) + 0.0
        read = self._matched.readers[node.column]
        return _last(lambda number: read(number) <= node.threshold)


def _last(is_left: Callable[[float], bool]) -> float:
    """Return the largest double of which a claim is true that is true below some point."""
    low, high = _place(-_LARGEST), _place(_LARGEST)
    if not is_left(-_LARGEST):
        raise ForeignModelError("a number is scaled so that its order is turned round")
    while low < high:
        middle = (low + high + 1) // 2
        if is_left(_double(middle)):
            low = middle
        else:
            high = middle - 1
    return _double(low) + 0.0


def _place(number: float) -> int:
    """Return the place of a double among all doubles in their order."""
    bits: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return bits if bits >= 0 else -(bits & (1 << 63) - 1)


def _double(place: int) -> float:
    number: float = struct.unpack("<d", struct.pack("<q", abs(place)))[0]
    return number if place >= 0 else -number
