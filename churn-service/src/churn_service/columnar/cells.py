"""The cells of one column as they were sent, before the schema is asked."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_contract.errors import MalformedBodyError

Bools = NDArray[np.bool_]
Offsets = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_CONTINUED = (0x80, 0xC0)  # bytes 10xxxxxx go on with a character in UTF-8


class Texts(NamedTuple):
    """Texts that stand in one buffer; see `check_texts`.

    Attributes:
        starts: Where each text starts.
        ends: Where it ends.
        data: The bytes of all of them, UTF-8.
    """

    starts: Offsets
    ends: Offsets
    data: Bytes

    def part(self, rows: Bools | NDArray[np.intp]) -> "Texts":
        """Return some of the texts."""
        return Texts(self.starts[rows], self.ends[rows], self.data)

    def text(self, place: int) -> str:
        """Return one text."""
        return self.data[self.starts[place] : self.ends[place]].tobytes().decode()


def check_texts(texts: Texts) -> Texts:
    """Return texts whose places lie inside their bytes, which are UTF-8.

    Raises:
        MalformedBodyError: One of them does not.
    """
    if not len(texts.starts):
        return texts
    low, high = int(texts.starts.min()), int(texts.ends.max())
    if low < 0 or high > len(texts.data) or np.any(texts.starts > texts.ends):
        raise MalformedBodyError("a text of the Arrow stream lies outside its buffer")
    used = texts.data[low:high].tobytes()
    if not used.isascii():
        _check_utf8(texts, used, high)
    return texts


def _check_utf8(texts: Texts, used: bytes, high: int) -> None:
    try:
        used.decode()
    except UnicodeDecodeError:
        raise MalformedBodyError("a text of the Arrow stream is not valid UTF-8") from None
    for places in (texts.starts, texts.ends):
        inside = places[places < high]
        if np.any(texts.data[inside] & _CONTINUED[1] == _CONTINUED[0]):
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
        return len(cells.texts.starts)
    return len(cells.codes if isinstance(cells, TextCells) else cells.values)
