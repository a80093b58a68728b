"""Columns of text cells without zero bytes, as files have them, against the schema."""

from collections.abc import Sequence

import numpy as np

from churn_contract.cells import LevelReader, NumberReader, Value, value_reader
from churn_contract.schema import Field
from churn_service.columnar.block import Column, LevelColumn, NumberColumn
from churn_service.columnar.cells import PlainTexts, Texts
from churn_service.columnar.checking import limits, place_of
from churn_service.columnar.decimals import parse_decimals
from churn_service.columnar.encoding import MOST_WORDS, with_codes
from churn_service.columnar.exact import Floats

_LONGEST = 8 * MOST_WORDS  # bytes


class TextColumn:
    """Reads the cells of one feature, some rows at a time."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._reader = value_reader(field)
        self._parts: list[np.ndarray] = []
        # behind the levels come the unseen and the missing ones
        self._places = np.arange(len(field.levels) + 2)
        self._code = np.min_scalar_type(len(self._places))

    def take(self, texts: Texts) -> None:
        """Read some cells.

        Raises:
            BadValueError: One of them does not fit; which one is not told.
        """
        if isinstance(self._reader, LevelReader):
            self._parts.append(self._levels(self._reader, texts))
        else:
            self._parts.append(_numbers(self._field, self._reader, texts))

    def column(self) -> Column:
        """Return all that was read."""
        if isinstance(self._reader, LevelReader):
            codes = np.concatenate([np.empty(0, self._code), *self._parts])
            return LevelColumn(codes, self._places, len(self._field.levels))
        return NumberColumn(np.concatenate([np.empty(0), *self._parts]))

    def _levels(self, reader: LevelReader, texts: Texts) -> np.ndarray:
        coded = with_codes(PlainTexts(texts), is_zero_free=True)
        entries = map(coded.entries.text, range(len(coded.entries.starts)))
        places = [place_of(self._field, reader.from_text(entry)) for entry in entries]
        return np.array(places, dtype=self._code).take(coded.codes)


def _numbers(field: Field, reader: NumberReader, texts: Texts) -> Floats:
    sizes = texts.ends - texts.starts
    if sizes.max(initial=0) > _LONGEST:
        return _one_by_one(reader, texts, range(len(sizes)))
    numbers, is_odd = parse_decimals(texts)
    odd = np.flatnonzero(is_odd).tolist()
    numbers[is_odd] = _one_by_one(reader, texts, odd)
    low, high = limits(field)
    outside = np.flatnonzero((numbers < low) | (numbers > high)).tolist()
    _one_by_one(reader, texts, outside)  # raises for the first of them
    return numbers


def _one_by_one(reader: NumberReader, texts: Texts, rows: Sequence[int]) -> Floats:
    return np.array([_as_number(reader.from_text(texts.text(row))) for row in rows], np.float64)


def _as_number(value: Value) -> float:
    return np.nan if value is None or isinstance(value, str) else value
