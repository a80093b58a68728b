"""The cells of one column as they were sent, before the schema is asked."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_contract.errors import MalformedBodyError

Bools = NDArray[np.bool_]
Offsets = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_CONTINUED = (0x80, 0xC0)  # bytes 10xxxxxx go on with a character in UTF-8


class Texts:
    """Texts one behind the other; the bytes are UTF-8, which is checked once for all.

    Args:
        starts: Where each text starts.
        ends: Where it ends.
        data: The bytes of all of them.

    Raises:
        MalformedBodyError: A place lies outside, or the bytes are not UTF-8.
    """

    def __init__(self, starts: Offsets, ends: Offsets, data: Bytes) -> None:
        self.starts, self.ends, self.data = starts, ends, data
        if len(starts):
            low, high = int(starts.min()), int(ends.max())
            if low < 0 or high > len(data) or np.any(starts > ends):
                raise MalformedBodyError("a text of the Arrow stream lies outside its buffer")
            self._check_utf8(low, high)

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.starts)

    def text(self, place: int) -> str:
        """Return one text."""
        return self.data[self.starts[place] : self.ends[place]].tobytes().decode()

    def _check_utf8(self, low: int, high: int) -> None:
        used = self.data[low:high].tobytes()
        if used.isascii():
            return
        try:
            used.decode()
        except UnicodeDecodeError:
            raise MalformedBodyError("a text of the Arrow stream is not valid UTF-8") from None
        for places in (self.starts, self.ends):
            inside = places[places < high]
            if np.any(self.data[inside] & _CONTINUED[1] == _CONTINUED[0]):
                raise MalformedBodyError("a text of the Arrow stream cuts a character")


class TextCells(NamedTuple):
    """Texts by code: a dictionary column, or a plain one that was given codes.

    Attributes:
        codes: Place in `entries` of each row; the number of entries stands for null.
        entries: The texts.
        nulls: Entries that are null themselves; None when there are none.
    """

    codes: NDArray[np.integer]
    entries: Texts
    nulls: Bools | None = None


class PlainTexts(NamedTuple):
    """A text per row."""

    texts: Texts
    nulls: Bools | None = None


class NumberCells(NamedTuple):
    """Numbers, or truth values; `nulls` marks those that are null."""

    values: NDArray[np.number] | Bools
    nulls: Bools | None = None


class NoCells(NamedTuple):
    """A column whose type no feature has, such as a date; or one that is null throughout."""

    rows: int
    is_null: bool = False


Cells = TextCells | PlainTexts | NumberCells | NoCells


def rows_of(cells: Cells) -> int:
    """Return how many rows a column has."""
    if isinstance(cells, NoCells):
        return cells.rows
    if isinstance(cells, PlainTexts):
        return len(cells.texts)
    return len(cells.codes if isinstance(cells, TextCells) else cells.values)
