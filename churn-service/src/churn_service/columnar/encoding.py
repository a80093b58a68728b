"""Give the texts of a plain column codes, so that each distinct one is looked at once."""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from churn_service.columnar.cells import PlainTexts, TextCells, Texts

Words = list[NDArray[np.uint64]]

_WORD = 8  # bytes
_MOST_WORDS = 8
_MOST_SWEEPS = 24


def with_codes(plain: PlainTexts) -> TextCells:
    """Return the same texts by code; entries are the first rows of each distinct text."""
    texts = plain.texts
    words = _words(texts)
    codes, firsts = _by_sweeps(words) if words else _by_text(texts)
    if plain.nulls is not None:
        codes = np.where(plain.nulls, len(firsts), codes)
    return TextCells(codes, Texts(texts.starts[firsts], texts.ends[firsts], texts.data))


def _words(texts: Texts) -> Words:
    """Return what tells the texts apart: lengths, then their bytes, eight at a time.

    Empty when a text is very long.
    """
    sizes = (texts.ends - texts.starts).astype(np.uint64)
    count = -(-int(sizes.max(initial=0)) // _WORD)
    if count > _MOST_WORDS:
        return []
    padded = np.concatenate([texts.data, np.zeros(_WORD * (count + 1), dtype=np.uint8)])
    anywhere = as_strided(
        padded.view(np.uint8)[:_WORD].view("<u8"), (len(texts.data) + _WORD * count + 1,), (1,),
        writeable=False,
    )  # fmt: skip
    words = [sizes]
    for place in range(count):
        left = np.clip(sizes.astype(np.int64) - _WORD * place, 0, _WORD)
        # a shift by 64 is not defined, so 8 bytes are masked by a table
        words.append(anywhere[texts.starts + _WORD * place] & _MASKS[left])
    return words


_MASKS = np.array([(1 << 8 * kept) - 1 for kept in range(_WORD + 1)], dtype=np.uint64)


def _by_sweeps(words: Words) -> tuple[NDArray[np.integer], NDArray[np.intp]]:
    """Compare all rows with the first row without a code, until every row has one."""
    rows = len(words[0])
    codes, is_left = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool)
    firsts: list[int] = []
    while len(firsts) < _MOST_SWEEPS:
        first = int(is_left.argmax()) if rows else 0
        if not rows or not is_left[first]:
            return codes, np.array(firsts, dtype=np.intp)
        hits = np.logical_and.reduce([word == word[first] for word in words])
        codes[hits] = len(firsts)
        is_left &= ~hits
        firsts.append(first)
    return _by_sorting(words)


def _by_sorting(words: Words) -> tuple[NDArray[np.integer], NDArray[np.intp]]:
    keys = np.stack(words, axis=1).view(f"V{_WORD * len(words)}").ravel()
    _, firsts, codes = np.unique(keys, return_index=True, return_inverse=True)
    return codes, firsts


def _by_text(texts: Texts) -> tuple[NDArray[np.integer], NDArray[np.intp]]:
    known: dict[str, int] = {}
    codes = np.empty(len(texts), dtype=np.int64)
    firsts: list[int] = []
    for row in range(len(texts)):
        code = codes[row] = known.setdefault(texts.text(row), len(known))
        if code == len(firsts):
            firsts.append(row)
    return codes, np.array(firsts, dtype=np.intp)
