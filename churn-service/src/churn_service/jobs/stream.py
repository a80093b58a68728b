"""Score a file of any length, block by block, in the memory of one block."""

import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, NamedTuple, Protocol

import msgspec
from werkzeug.http import parse_options_header

from churn_contract.problem import FieldError
from churn_service.column_envelopes import ARROW_STREAM
from churn_service.envelopes.body import Body
from churn_service.envelopes.form import Ask, Envelope
from churn_service.errors import RefusedCustomersError, UnreadableBodyError
from churn_service.jobs.arrow_blocks import arrow_blocks
from churn_service.jobs.blocks import Block, csv_blocks, line_blocks
from churn_service.long_answers import Answer
from churn_service.predictor import Predictor
from service_kit.problems import ServiceError

CSV = "text/csv"
_LINE = re.compile(r"\bline (\d+)", re.IGNORECASE)
_ROW = re.compile(r"^/(\d+)")
_GZIP_WINDOW = 31
_PAUSE_SECONDS = 0.5


class CancelledError(Exception):
    """The job was asked to stop."""


class Counts(NamedTuple):
    """How far a file is: bytes of it that were read, rows, bad ones among them."""

    read_bytes: int
    rows: int
    bad_rows: int


class Watcher(Protocol):
    """Who is told how far a file is, and may stop it by CancelledError."""

    def __call__(self, counts: Counts) -> None:
        """Take the counts; called about twice a second."""
        ...


@dataclass(frozen=True)
class Scorer:
    """Scores files of one form with one version.

    Attributes:
        predictor: The version.
        reader: Form of the file.
        answer: Makes the result; for one file only.
        parameters: Those of the file's media type.
        is_lenient: Whether bad rows get errors in their places.
    """

    predictor: Predictor
    reader: Envelope
    answer: Answer
    parameters: dict[str, str]
    is_lenient: bool

    def run(
        self, source: IO[bytes], target: IO[bytes], watch: Watcher, *, is_gzip: bool = False
    ) -> Counts:
        """Score a whole file.

        Raises:
            CancelledError: The watcher asked for it.
            ServiceError: The file cannot be read, or a row does not fit; pointers and
                lines are those of the file.
        """
        counted = _Counted(source)
        stream: IO[bytes] = _Inflated(counted) if is_gzip else counted  # type: ignore[assignment]  # read is all
        rows = bad = 0
        told = time.monotonic()
        for block in self._blocks(stream):
            body = self._read(block, rows)
            target.write(self.answer.piece(body, self.predictor.predict(body.customers)))
            rows += len(body.customers) + len(body.bad)
            bad += len(body.bad)
            if time.monotonic() - told >= _PAUSE_SECONDS:
                watch(Counts(counted.read_bytes, rows, bad))
                told = time.monotonic()
        target.write(self.answer.end(Body((), lambda _: (), is_lenient=self.is_lenient)))
        return Counts(counted.read_bytes, rows, bad)

    def _blocks(self, stream: IO[bytes]) -> Iterator[Block]:
        if CSV in self.reader.media_types:
            absent = self.parameters.get("header", "present").lower() == "absent"
            return csv_blocks(stream, has_header=not absent)
        if ARROW_STREAM in self.reader.media_types:
            return arrow_blocks(stream)
        return line_blocks(stream)

    def _read(self, block: Block, rows: int) -> Body:
        ask = Ask(self.predictor.validator, self.parameters, self.is_lenient)
        try:
            body = self.reader.read(block.content, ask)
        except ServiceError as error:
            raise _moved(error, block, rows) from error
        return replace(body, first_row=rows)


def parameters_of(content_type: str) -> tuple[str, dict[str, str]]:
    """Return the name and the parameters of a media type."""
    name, parameters = parse_options_header(content_type)
    return name, dict(parameters)


class _Counted:
    """A stream that knows how much of it was read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.read_bytes = 0

    def read(self, size: int) -> bytes:
        """Read up to so many bytes."""
        chunk = self._stream.read(size)
        self.read_bytes += len(chunk)
        return chunk


class _Inflated:
    """The content of a gzip file, a bounded piece at a time."""

    def __init__(self, stream: _Counted) -> None:
        self._stream = stream
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._waiting = b""

    def read(self, size: int) -> bytes:
        """Read up to so many bytes of the content; UnreadableBodyError when it is damaged."""
        while True:
            self._waiting = self._waiting or self._stream.read(65536)
            if self._member.eof and self._waiting:  # files may be glued together
                self._member = zlib.decompressobj(_GZIP_WINDOW)
            if not self._waiting:
                if not self._member.eof:
                    raise UnreadableBodyError("The gzip file ends before its end.")
                return b""
            content = self._next(size)
            if content:
                return content

    def _next(self, size: int) -> bytes:
        try:
            content = self._member.decompress(self._waiting, size)
        except zlib.error:
            raise UnreadableBodyError("The file is not valid gzip.") from None
        self._waiting = self._member.unconsumed_tail or self._member.unused_data
        return content


def _moved(error: ServiceError, block: Block, rows: int) -> ServiceError:
    """Return an error of a block as one of the file."""
    errors = [_moved_field(item, block, rows) for item in error.errors]
    detail = _moved_lines(error.detail, block)
    kind = type(error) if isinstance(error, RefusedCustomersError) else UnreadableBodyError
    return kind(detail, errors=errors)


def _moved_field(item: FieldError, block: Block, rows: int) -> FieldError:
    pointer = _ROW.sub(lambda found: f"/{int(found[1]) + rows}", item.pointer)
    detail = _moved_lines(item.detail, block)
    return msgspec.structs.replace(item, pointer=pointer, detail=detail)


def _moved_lines(text: str, block: Block) -> str:
    def moved(found: re.Match[str]) -> str:
        line = int(found[1])
        is_header = block.has_header and line == 1
        return found[0] if is_header else found[0].replace(found[1], str(line + block.first_line))

    return _LINE.sub(moved, text)
