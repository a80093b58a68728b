"""Give the texts of a plain column codes, so that each distinct one is looked at once."""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from churn_service.columnar.block import Places
from churn_service.columnar.cells import PlainTexts, TextCells, Texts

Codes = NDArray[np.integer]
Words = list[NDArray[np.uint64]]

_WORD = 8  # bytes
MOST_WORDS = 8
_MOST_SWEEPS = 32
SLACK = _WORD * (MOST_WORDS + 2)  # bytes that spare a copy when they stand behind the texts
ROWS_AT_ONCE = 16_384  # rows that stay in the cache
_MASKS = np.array([(1 << 8 * kept) - 1 for kept in range(_WORD + 1)], dtype=np.uint64)


def with_codes(plain: PlainTexts, *, is_zero_free: bool = False) -> TextCells:
    """Return the same texts by code; entries are the first rows of each distinct text.

    Args:
        plain: The texts.
        is_zero_free: Whether it is known that no text holds a zero byte.
    """
    texts = plain.texts
    codes, firsts = _coded(WordReader(texts, is_zero_free=is_zero_free))
    if plain.nulls is not None:
        codes = np.where(plain.nulls, len(firsts), codes)
    return TextCells(codes, texts.part(firsts))


def _coded(reader: "WordReader") -> tuple[Codes, Places]:
    if reader.count > MOST_WORDS:
        return _by_text(reader.texts)
    rows = len(reader.texts.starts)
    return _by_sweeps(reader, rows) or _by_sorting(reader.words(slice(None)))


class WordReader:
    """Reads texts as what tells them apart: their bytes, eight at a time, then their lengths.

    The lengths are needed only where a zero byte may end a text.
    """

    def __init__(self, texts: Texts, *, is_zero_free: bool = False) -> None:
        self.texts = texts
        self._sizes = texts.ends - texts.starts
        self.count = max(-(-int(self._sizes.max(initial=0)) // _WORD), 1)
        self._anywhere = _words_anywhere(texts, _WORD * (self.count + 1))
        self._with_sizes = not is_zero_free and not texts.data.all()

    def words(self, rows: slice) -> Words:
        """Return the words of some rows."""
        starts, sizes = self.texts.starts[rows], self._sizes[rows]
        words = []
        for place in range(self.count):
            # a shift by 64 bits is not defined, so what is too much is masked by a table
            kept = np.minimum(np.maximum(sizes - _WORD * place, 0), _WORD)
            word = self._anywhere[starts + _WORD * place]
            word &= _MASKS.take(kept, mode="clip")
            words.append(word)
        if self._with_sizes:
            words.append(sizes.view(np.uint64))
        return words


def _words_anywhere(texts: Texts, slack: int) -> NDArray[np.uint64]:
    """Return the eight bytes at every place, without copying what has zeros behind it."""
    data = texts.data
    if int(texts.ends.max(initial=0)) + slack > len(data):
        data = np.concatenate([data, np.zeros(slack, dtype=np.uint8)])
    return as_strided(data[:_WORD].view("<u8"), (len(data) - _WORD + 1,), (1,), writeable=False)


def _by_sweeps(reader: WordReader, rows: int) -> tuple[Codes, Places] | None:
    """Return codes found by comparing; None when there are too many distinct texts."""
    codes, sweeps = np.zeros(rows, dtype=np.uint8), _Sweeps()
    for start in range(0, rows, ROWS_AT_ONCE):
        part = slice(start, min(start + ROWS_AT_ONCE, rows))
        if not sweeps.fill(codes[part], reader.words(part), start):
            return None
    return codes, np.array(sweeps.firsts, dtype=np.intp)


class _Sweeps:
    """Compares rows with each known text, then with the first row that is like none."""

    def __init__(self) -> None:
        self.firsts: list[int] = []
        self._known: list[tuple[np.uint64, ...]] = []

    def fill(self, codes: NDArray[np.uint8], words: Words, start: int) -> bool:
        """Fill in the codes of some rows; False when there are too many distinct texts."""
        left = np.ones(len(codes), dtype=bool)
        for code in range(_MOST_SWEEPS):
            if code == len(self._known):
                first = int(left.argmax())
                if not left[first]:
                    return True
                self._known.append(tuple(word[first] for word in words))
                self.firsts.append(start + first)
            hits = _equal(words, self._known[code])
            codes += hits.view(np.uint8) * np.uint8(code)
            left &= ~hits
        return not left.any()


def _equal(words: Words, text: tuple[np.uint64, ...]) -> NDArray[np.bool_]:
    hits: NDArray[np.bool_] = words[0] == text[0]
    for word, wanted in zip(words[1:], text[1:], strict=True):
        hits &= word == wanted
    return hits


def _by_sorting(words: Words) -> tuple[Codes, Places]:
    keys = np.stack(words, axis=1).view(f"V{_WORD * len(words)}").ravel()
    _, firsts, codes = np.unique(keys, return_index=True, return_inverse=True)
    return codes, firsts


def _by_text(texts: Texts) -> tuple[Codes, Places]:
    known: dict[str, int] = {}
    codes = np.empty(len(texts.starts), dtype=np.int64)
    firsts: list[int] = []
    for row in range(len(texts.starts)):
        code = codes[row] = known.setdefault(texts.text(row), len(known))
        if code == len(firsts):
            firsts.append(row)
    return codes, np.array(firsts, dtype=np.intp)
