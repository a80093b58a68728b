"""Large plain CSV bodies, read and answered column by column; the bytes of `CsvEnvelope`."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from churn_contract.cells import BadValueError
from churn_contract.errors import TooManyRowsError
from churn_contract.prediction import Prediction
from churn_contract.validation import Customer, Validator
from churn_service.columnar.block import Block
from churn_service.columnar.cells import PlainTexts, Texts
from churn_service.columnar.csv_table import PlainCsv, UnusualError
from churn_service.columnar.customers import CheckedColumns, CustomersInColumns
from churn_service.columnar.ids import Ids, check_ids
from churn_service.columnar.predictions import ScoredColumns
from churn_service.columnar.scorers import ColumnScorers
from churn_service.columnar.text_columns import TextColumn
from churn_service.envelopes.body import Body
from churn_service.envelopes.csv import HEADER, CsvEnvelope
from churn_service.envelopes.form import Ask
from churn_service.envelopes.ignored import ignored_names

_FEWEST_COLUMNS = 2  # an empty cell alone on its line is no line to csv
_NEED_QUOTES = ',"\r\n'
_SMALLEST_PLAIN = 1e-4  # smaller floats are spelled with an exponent by `repr`


class QuickCsvEnvelope(CsvEnvelope):
    """Takes the short way for plain strict bodies; whatever is unusual goes the long one."""

    def __init__(self, scorers: ColumnScorers | None = None) -> None:
        self._scorers = scorers or ColumnScorers()

    def read(self, content: bytes, ask: Ask) -> Body:
        """Read customers; see `CsvEnvelope`."""
        if ask.is_lenient or ask.parameters.get("header", "present").lower() == "absent":
            return super().read(content, ask)
        try:
            return self._quick(content, ask)
        except UnusualError:
            return super().read(content, ask)

    def write(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Write an answer; see `CsvEnvelope`."""
        if body.is_lenient or not isinstance(predictions, ScoredColumns):
            return super().write(body, predictions)
        ids = _plain_ids(predictions)
        if ids is None:
            return super().write(body, predictions)
        return "".join([",".join(HEADER), "\n", *_lines(predictions, ids)]).encode()

    def _quick(self, content: bytes, ask: Ask) -> Body:
        validator = ask.validator
        table = PlainCsv(content, validator.schema)
        customers = CustomersInColumns(validator.schema, _checked(table, validator), self._scorers)
        names = ignored_names(table.match.unknown, validator.schema)
        return Body(customers, _Again(self, content, ask), ignored_fields=names)


class _Again:
    """Reads a body with another validator."""

    def __init__(self, envelope: QuickCsvEnvelope, content: bytes, ask: Ask) -> None:
        self._envelope, self._content, self._ask = envelope, content, ask

    def __call__(self, validator: Validator) -> Sequence[Customer]:
        ask = self._ask._replace(validator=validator)
        return self._envelope.read(self._content, ask).customers


def _checked(table: PlainCsv, validator: Validator) -> CheckedColumns:
    """Return the customers; UnusualError when there is anything to complain about."""
    places = _places(table, validator)
    schema = validator.schema
    columns = [(TextColumn(field), places[field.name]) for field in schema.features]
    ids, rows = [], 0
    try:
        for block in table.blocks():
            rows += block.rows
            validator.check_length(range(rows))
            for column, place in columns:
                column.take(block.columns[place])
            if schema.id in places:
                ids.append(table.at_home(block, places[schema.id]))
    except (BadValueError, TooManyRowsError) as error:
        raise UnusualError from error
    features = tuple(column.column() for column, _ in columns)
    return CheckedColumns(Block(rows, features), _ids(ids))


def _places(table: PlainCsv, validator: Validator) -> dict[str | None, int]:
    schema, match = validator.schema, table.match
    complaints = (
        match.missing,
        match.duplicate,
        schema.outcome is not None and schema.outcome.field in match.columns,
        match.unknown and not validator.ignores_unknown,
        len(match.columns) < _FEWEST_COLUMNS,
    )
    if any(complaints):
        raise UnusualError
    return {name: place for place, name in enumerate(match.columns) if name is not None}


def _ids(parts: Sequence[Texts]) -> Ids | None:
    if not parts:
        return None
    starts = np.concatenate([part.starts for part in parts])
    ends = np.concatenate([part.ends for part in parts])
    found = check_ids(PlainTexts(Texts(starts, ends, parts[0].data)))
    if found.faults:
        raise UnusualError
    return found.ids


def _plain_ids(predictions: ScoredColumns) -> list[str] | None:
    """Return the ids as cells, or None when one of them needs quotes."""
    if predictions.ids is None:
        return [""] * len(predictions)
    spelled = predictions.ids.spelled()
    together = "".join(spelled)
    return None if any(mark in together for mark in _NEED_QUOTES) else spelled


def _lines(predictions: ScoredColumns, ids: Sequence[str]) -> list[str]:
    chances = _spelled(predictions.scores.chances)
    stays, churns = (f",{word},{predictions.version}\n" for word in ("false", "true"))
    return [
        f"{name},{chance}{churns if churn else stays}"
        for name, chance, churn in zip(ids, chances, predictions.scores.churn.tolist(), strict=True)
    ]


def _spelled(chances: Any) -> list[str]:
    """Spell floats as `repr` does; msgspec does it five times as fast, but not small ones."""
    texts = msgspec.json.encode(chances.tolist()).decode()[1:-1].split(",")
    for row in np.flatnonzero(chances < _SMALLEST_PLAIN).tolist():
        texts[row] = repr(float(chances[row]))
    return texts if len(chances) else []
