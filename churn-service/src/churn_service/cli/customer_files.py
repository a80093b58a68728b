"""The customers of a file, some at a time: tables in text or Parquet, JSON Lines."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from churn_service.bulk_scoring import RowReader, ignored_columns
from churn_service.envelopes.form import Ask
from churn_service.envelopes.ndjson import NdjsonEnvelope
from churn_service.file_scoring import Piece
from churn_service.jobs.blocks import Block, line_blocks
from churn_service.predictor import Predictor
from churn_service.training.errors import DataError
from churn_service.training.plain_table import cell_spellers
from churn_service.training.table_stream import table_parts
from service_kit.problems import ServiceError

_BLANK = b" \t\r"


def customer_pieces(
    path: Path,
    predictor: Predictor,
    snapshot: date | None,
    *,
    allow_ragged: bool,
    note: Callable[[str], None],
) -> Iterator[Piece]:
    """Yield the rows of a file, checked by a version.

    Args:
        path: A table, or JSON Lines when its name says so (.jsonl, .ndjson).
        predictor: The version.
        snapshot: The day that dates are counted to.
        allow_ragged: Whether a row of another width than the header is only a bad row.
        note: Is told what may surprise people.

    Raises:
        DataError, CustomerFileError: The file cannot be read, or lacks columns.
    """
    if path.suffix in {".jsonl", ".ndjson"}:
        yield from _json_pieces(path, predictor)
        return
    reader = None
    for part in table_parts(path, allow_ragged=allow_ragged):
        if reader is None:
            spellers = cell_spellers(part.header, part.rows, predictor.schema, snapshot)
            reader = RowReader(predictor, part.header, spellers)
            for column in ignored_columns(predictor.schema, part.header):
                note(f"note: column {column} is not used by the model")
        found = reader.read(part.rows)
        yield Piece(found.customers, found.bad, part.lines, part.read_bytes)


def _json_pieces(path: Path, predictor: Predictor) -> Iterator[Piece]:
    ask, envelope = Ask(predictor.validator.lenient, {}, is_lenient=True), NdjsonEnvelope()
    read_bytes = 0
    try:
        with path.open("rb") as file:
            for block in line_blocks(file):
                body = envelope.read(block.content, ask)
                read_bytes += len(block.content)
                yield Piece(body.customers, body.bad, _lines_of(block), read_bytes)
    except ServiceError as error:
        raise DataError(f"{path}: {error.detail}") from error


def _lines_of(block: Block) -> list[int]:
    """Return the numbers of the lines that are not blank; the others count for nothing."""
    lines = enumerate(block.content.split(b"\n"), block.first_line + 1)
    return [number for number, line in lines if line.strip(_BLANK)]
