"""What a section of the page is made of."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """A table: its caption, its header and its rows of text."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Plot:
    """A drawing with its words, and the same numbers as a table."""

    svg: str
    alt: str
    caption: str
    twin: Grid


@dataclass(frozen=True)
class Section:
    """A part of the page: sentences, lists of steps, then tables and drawings."""

    anchor: str
    title: str
    sentences: tuple[str, ...]
    blocks: tuple[Grid | Plot, ...] = ()
    steps: tuple[tuple[str, tuple[str, ...]], ...] = ()


def grid(caption: str, header: Iterable[str], rows: Iterable[Iterable[str]]) -> Grid:
    """Return a table of what the iterables yield."""
    return Grid(caption, tuple(header), tuple(tuple(row) for row in rows))
