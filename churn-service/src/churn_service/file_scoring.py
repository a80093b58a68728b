"""Score a file of any length: check a part, score it, write it, forget it."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, NamedTuple

from churn_contract.validation import Customer, RowErrors
from churn_service.bulk_scoring import CustomerFileError, complaints
from churn_service.envelopes.body import Body
from churn_service.long_answers import Answer
from churn_service.predictor import Predictor

_MOST_PROBLEMS_KEPT = 100
_ERROR_COLUMNS = ("line", "field", "code", "detail")


class Piece(NamedTuple):
    """Some rows of a file after their check.

    Attributes:
        customers: The good ones, in their order.
        bad: The others, each with its place among the rows.
        lines: Where in the file each row stands, as people count.
        read_bytes: How much of the file was read so far.
    """

    customers: Sequence[Customer]
    bad: Sequence[RowErrors]
    lines: Sequence[int]
    read_bytes: int

    def body(self, *, is_lenient: bool, first_row: int) -> Body:
        """Return what an envelope writes an answer to; bad rows only in a lenient one."""
        bad = tuple(self.bad) if is_lenient else ()
        return Body(
            self.customers,
            lambda _: self.customers,
            is_lenient=is_lenient,
            bad=bad,
            first_row=first_row,
        )


@dataclass
class Tally:
    """How far a file is: bytes of it that were read, rows, bad ones among them."""

    read_bytes: int = 0
    rows: int = 0
    bad_rows: int = 0


@dataclass
class FileScoring:
    """Scores files with one version.

    Attributes:
        predictor: The version.
        answer: Makes the result.
        target: Where the result goes.
        is_lenient: Whether bad rows keep their places in the result, with their errors.
        errors: Where the errors of bad rows go, as CSV; the result has the good rows then.
        watch: Is told after every part how far the file is.
    """

    predictor: Predictor
    answer: Answer
    target: IO[bytes]
    is_lenient: bool = False
    errors: IO[bytes] | None = None
    watch: Callable[[Tally], None] = lambda _: None
    tally: Tally = field(default_factory=Tally)
    _problems: list[str] = field(default_factory=list)
    _problems_total: int = 0

    def run(self, pieces: Iterable[Piece]) -> Tally:
        """Score all parts of a file; return the final tally.

        Raises:
            CustomerFileError: Rows are bad, and nobody wants the others. What was written
                until then is of no use; the rest of the file was still checked.
        """
        if self.errors is not None:
            self.errors.write(_as_csv([_ERROR_COLUMNS]))
        for piece in pieces:
            self._take(piece)
            self.watch(self.tally)
        if self._problems:
            raise CustomerFileError(self._problems, self._problems_total)
        nobody = Piece((), (), (), 0).body(is_lenient=self._keeps_places, first_row=0)
        self.target.write(self.answer.end(nobody))
        return self.tally

    @property
    def _keeps_places(self) -> bool:
        return self.is_lenient and self.errors is None

    def _take(self, piece: Piece) -> None:
        if piece.bad:
            self._take_bad(piece)
        if not self._problems:
            body = piece.body(is_lenient=self._keeps_places, first_row=self.tally.rows)
            self.target.write(self.answer.piece(body, self.predictor.predict(piece.customers)))
        self.tally.read_bytes = piece.read_bytes
        self.tally.rows += len(piece.lines)
        self.tally.bad_rows += len(piece.bad)

    def _take_bad(self, piece: Piece) -> None:
        if self.errors is not None:
            self.errors.write(_as_csv(
                (piece.lines[row], wrong.field, wrong.code, wrong.detail)
                for row, errors in piece.bad
                for wrong in errors
            ))  # fmt: skip
        elif not self.is_lenient:
            for row, errors in piece.bad:
                self._problems_total += len(errors)
                if len(self._problems) < _MOST_PROBLEMS_KEPT:
                    self._problems += complaints(piece.lines[row], errors)


def _as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
