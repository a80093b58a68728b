"""Cut a long file into blocks of whole rows, each a body of its own."""

from collections.abc import Iterator
from typing import IO, NamedTuple

from churn_service.envelopes.lines import LONGEST_LINE
from churn_service.errors import UnreadableBodyError

BLOCK_BYTES = 1 << 20
# A quoted cell may hold line ends, but no customer needs more than this in one row.
_LONGEST_ROW = 16 * LONGEST_LINE
_MARK = b"\xef\xbb\xbf"


class Block(NamedTuple):
    """Some rows of a file.

    Attributes:
        content: The rows, under the file's header where it has one.
        first_line: Lines of the file before the first one of `content`.
        has_header: Whether the header was put in front of the rows.
    """

    content: bytes
    first_line: int
    has_header: bool = False


def line_blocks(stream: IO[bytes], size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Yield blocks of whole lines.

    Raises:
        UnreadableBodyError: A line is too long.
    """
    rest, line = b"", 0
    while chunk := stream.read(size):
        rows, end, rest = (rest + chunk).rpartition(b"\n")
        _check_length(rest, line + rows.count(b"\n") + len(end))
        if end:
            yield Block(rows + end, line)
            line += rows.count(b"\n") + 1
    if rest:
        yield Block(rest, line)


def csv_blocks(stream: IO[bytes], *, has_header: bool, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Yield blocks of whole rows; a line end between quotes ends no row.

    Raises:
        UnreadableBodyError: A row is too long, or the file is empty.
    """
    cut = _CsvCut(has_header=has_header)
    while chunk := stream.read(size):
        yield from cut.blocks(chunk)
    yield from cut.last()


class _CsvCut:
    """Where the cutting of a CSV file stands: its header, lines so far, what is left over."""

    def __init__(self, *, has_header: bool) -> None:
        self._header = None if has_header else b""
        self._rest = b""
        self._line = 0

    def blocks(self, chunk: bytes) -> Iterator[Block]:
        rows, self._rest = _whole_rows(self._rest + chunk)
        _check_length(self._rest, self._line + rows.count(b"\n"), _LONGEST_ROW)
        if self._header is None and rows:
            self._header, rows = _header(rows)
            self._line += self._header.count(b"\n")
        if rows:
            yield self._under_header(rows)
            self._line += rows.count(b"\n")

    def last(self) -> Iterator[Block]:
        if self._rest:
            yield self._under_header(self._rest)
        elif self._header is None:
            raise UnreadableBodyError("The file is empty.")

    def _under_header(self, rows: bytes) -> Block:
        header = self._header or b""
        return Block(header + rows, self._line - header.count(b"\n"), bool(header))


def _whole_rows(content: bytes) -> tuple[bytes, bytes]:
    """Split after the last line end that stands outside quotes."""
    end = len(content)
    quotes = content.count(b'"')
    while (end := content.rfind(b"\n", 0, end)) >= 0:
        quotes_before = quotes - content.count(b'"', end)
        if quotes_before % 2 == 0:
            return content[: end + 1], content[end + 1 :]
    return b"", content


def _header(rows: bytes) -> tuple[bytes, bytes]:
    """Return the first row and the others; blank lines before it are dropped."""
    found = rows.removeprefix(_MARK)
    start = 0
    while (end := found.find(b"\n", start)) >= 0:
        if found[:end].count(b'"') % 2 == 0 and found[:end].strip():
            return found[: end + 1], found[end + 1 :]
        start = end + 1
    return found, b""


def _check_length(rest: bytes, line: int, longest: int = LONGEST_LINE) -> None:
    if len(rest) > longest:
        raise UnreadableBodyError(f"Line {line + 1} is longer than {longest} bytes.")
