"""Scorecards over columns: the additions of the row scorer, in its order."""

from collections.abc import Callable
from itertools import starmap

import numpy as np

from churn_contract.schema import Field
from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard
from churn_service.artefact.pairs import Axis, NumberAxis, PairTerm
from churn_service.columnar.bins import Bins
from churn_service.columnar.block import Block, Column, LevelColumn, NumberColumn, Places
from churn_service.columnar.exact import Floats

LARGEST_TABLE = 16_384
_ROWS_AT_ONCE = 8_192

Curve = Callable[[Floats], Floats]


class CardScorer:
    """Logits of a scorecard.

    The weights of the first level columns are added up beforehand, for every combination
    of their levels: one look-up then does the work of ten, with the same additions.
    """

    def __init__(self, card: Scorecard, features: tuple[Field, ...]) -> None:
        self._intercept = card.intercept
        self._levels = [
            (place, _weights(term, features[place]))
            for place, term in enumerate(card.terms)
            if isinstance(term, LevelTerm)
        ]
        self._curves = [
            (place, _curve(term))
            for place, term in enumerate(card.terms)
            if isinstance(term, CurveTerm)
        ]
        places = {term.field: place for place, term in enumerate(card.terms)}
        self._pairs = [_Pair(pair, places, features) for pair in card.pairs]

    def logits(self, block: Block) -> Floats:
        """Return the logit of every row."""
        tables = self._tables(block)
        total = np.empty(block.rows)
        for rows, part in block.parts(_ROWS_AT_ONCE):
            total[rows] = self._part(part, tables)
        return total

    def _tables(self, block: Block) -> "list[_Table]":
        """Return weights by the body's own codes, the first columns' combined."""
        first = _Table([], np.full(1, self._intercept))
        tables, room = [first], min(LARGEST_TABLE, max(block.rows // 4, 1))
        for place, weights in self._levels:
            column = _level_column(block, place)
            found = weights.take(column.entries)
            if len(tables) == 1 and len(first.sums) * len(found) <= room:
                first.extend(place, found)
            else:
                tables.append(_Table([(place, len(found))], found))
        return tables

    def _part(self, block: Block, tables: "list[_Table]") -> Floats:
        total = tables[0].look_up(block)
        for table in tables[1:]:
            total += table.look_up(block)
        for place, curve in self._curves:
            total += curve(_numbers(block, place))
        for pair in self._pairs:
            total += pair.values(block)
        return total


class _Table:
    """Sums of weights by the combined code of some level columns."""

    def __init__(self, columns: list[tuple[int, int]], sums: Floats) -> None:
        self._columns = columns
        self.sums = sums

    def extend(self, place: int, weights: Floats) -> None:
        """Add the weights of one more column to every sum."""
        self._columns.append((place, len(weights)))
        self.sums = np.add.outer(self.sums, weights).ravel()

    def look_up(self, block: Block) -> Floats:
        if not self._columns:
            return np.full(block.rows, self.sums[0])
        return self.sums.take(combined_codes(block, self._columns), mode="clip")


def combined_codes(block: Block, columns: list[tuple[int, int]]) -> Places:
    """Return one code for several level columns, given by place and number of entries."""
    place, size = columns[0]
    codes = _level_column(block, place).codes
    if len(columns) == 1:
        return codes.astype(np.intp, copy=False)
    code = codes.astype(np.uint16)
    for place, size in columns[1:]:
        code *= np.uint16(size)
        code += _level_column(block, place).codes.astype(np.uint16, copy=False)
    return code.astype(np.intp)


def _level_column(block: Block, place: int) -> LevelColumn:
    column = block.columns[place]
    assert isinstance(column, LevelColumn)  # noqa: S101 - the schema says so
    return column


def _numbers(block: Block, place: int) -> Floats:
    column = block.columns[place]
    assert isinstance(column, NumberColumn)  # noqa: S101 - the schema says so
    return column.numbers


def _weights(term: LevelTerm, field: Field) -> Floats:
    odd = [np.nan if weight is None else weight for weight in (term.other, term.missing)]
    return np.array([*(term.weights[level] for level in field.levels), *odd])


def _curve(term: CurveTerm) -> Curve:
    """Return the curve as a function of a column; NaN is missing."""
    missing = np.nan if term.missing is None else term.missing
    intercepts, slopes = np.array(term.intercepts), np.array(term.slopes)
    values = _one_piece(term) if len(term.knots) == _ENDS else None
    bins = Bins(term.knots)

    def curve(numbers: Floats) -> Floats:
        if values:
            found = values(numbers)
        else:
            pieces = bins.places(numbers)
            found = slopes.take(pieces, mode="clip")
            found *= numbers
            found += intercepts.take(pieces, mode="clip")
        if term.missing is not None:
            np.copyto(found, missing, where=np.isnan(numbers))
        return found

    return curve


_ENDS = 2


def _one_piece(term: CurveTerm) -> Curve:
    """Return a straight line between two knots, constant beyond: no search for the piece."""
    low, high = term.knots
    (before, slope_before), (inside, slope), (after, slope_after) = zip(
        term.intercepts, term.slopes, strict=True
    )

    def values(numbers: Floats) -> Floats:
        found = numbers * slope
        found += inside
        beyond = numbers < low
        if beyond.any():
            np.copyto(found, before + slope_before * numbers, where=beyond)
        beyond = numbers >= high
        if beyond.any():
            np.copyto(found, after + slope_after * numbers, where=beyond)
        return found

    return values


class _Pair:
    """The value of two fields together."""

    def __init__(self, pair: PairTerm, places: dict[str, int], features: tuple[Field, ...]) -> None:
        self._axes = list(
            starmap(
                _Axis,
                (
                    (axis, places[name], features[places[name]])
                    for name, axis in zip(pair.fields, pair.axes, strict=True)
                ),
            )
        )
        table = np.array(pair.table)
        self._width = table.shape[1]
        self._flat = table.ravel()

    def values(self, block: Block) -> Floats:
        first, second = self._axes
        cells = first.cells(block) * self._width
        cells += second.cells(block)
        found: Floats = self._flat.take(cells)
        return found


class _Axis:
    """The cells of one field of a pair."""

    def __init__(self, axis: Axis, place: int, field: Field) -> None:
        self._place = place
        if isinstance(axis, NumberAxis):
            self._bins, self._missing = Bins(axis.edges), axis.missing
        else:
            odd = [0 if cell is None else cell for cell in (axis.other, axis.missing)]
            self._table = np.array([*(axis.cells[level] for level in field.levels), *odd])

    def cells(self, block: Block) -> Places:
        column: Column = block.columns[self._place]
        if isinstance(column, LevelColumn):
            return self._table.take(column.entries).take(column.codes)
        cells = self._bins.places(column.numbers)
        if self._missing is not None:
            cells[np.isnan(column.numbers)] = self._missing
        return cells
