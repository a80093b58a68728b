"""CSV: a header line, then one customer per line; answers are CSV with a header as well."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from churn_contract.errors import InvalidCustomersError, MalformedBodyError
from churn_contract.prediction import Prediction
from churn_contract.problem import FieldError
from churn_contract.records import NoRecord
from churn_contract.schema import CustomerSchema
from churn_contract.tabular import match_header
from churn_contract.validation import Customer, Validator
from churn_service.envelopes.body import BadRow, Body
from churn_service.envelopes.form import Ask
from churn_service.envelopes.ignored import ignored_names
from churn_service.envelopes.json import lenient_body
from churn_service.envelopes.lines import check_lengths, with_lines
from churn_service.errors import REFUSALS, refusal_of

HEADER = ("customer_id", "churn_probability", "churn", "model_version")
SEPARATORS = ",;\t|"
_NO_HEADER = "line 1: names no field; a body without a header line is text/csv; header=absent"
Row = tuple[int, list[str]]


class CsvEnvelope:
    """Cells are read as those of the training file; its separators are found out.

    With `header=absent` in the media type the columns are the schema's features, in
    their order, with the id in front when there is one cell more.
    """

    media_types = ("text/csv",)

    def read(self, content: bytes, ask: Ask) -> Body:
        """Read customers; errors name line and field."""
        try:
            table = _table(content, ask.validator, ask.parameters, is_lenient=ask.is_lenient)
            if ask.is_lenient:
                records: list[object] = [table.record(row) for row in table.rows]
                body = lenient_body(records, ask, text=True)
            else:
                again = _Again(content, ask.parameters, table)
                body = Body(_checked(table, ask.validator), again)
        except REFUSALS as error:
            raise refusal_of(error) from error
        return replace(body, ignored_fields=ignored_names(table.strangers, ask.validator.schema))

    def write(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Write a header and a line per row; a lenient answer has a column `error`."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        with_errors = ("error",) if body.is_lenient else ()
        writer.writerow((*HEADER, *with_errors))
        for found in body.in_place(predictions):
            writer.writerow((*_cells(found), *_error(found, with_errors)))
        return text.getvalue().encode()


def output_row(prediction: Prediction) -> tuple[str, str, str, str]:
    """Return the cells of one prediction, in the order of `HEADER`."""
    return (
        prediction.customer_id or "",
        repr(prediction.churn_probability),
        "true" if prediction.churn else "false",
        prediction.model_version,
    )


class _Table(NamedTuple):
    """The rows of a body, and which of its columns are fields.

    Attributes:
        width: Number of columns.
        fields: Place and name of each column that scoring needs.
        strangers: Names of the columns that no schema knows.
        rows: Line number and cells of each customer.
    """

    width: int
    fields: list[tuple[int, str]]
    strangers: tuple[str, ...]
    rows: list[Row]

    def record(self, row: Row) -> dict[str, str] | NoRecord:
        """Return a row by field; the reason when it has too many or too few cells."""
        _, cells = row
        if len(cells) != self.width:
            return NoRecord(f"must have {self.width} cells, as the header has; it has {len(cells)}")
        return {name: cells[place] for place, name in self.fields}


class _Again:
    """Reads a body with another validator.

    Columns without a header keep the names that the first version gave them: in the order
    of another schema, yes and no of one field would pass as those of another.
    """

    def __init__(self, content: bytes, parameters: Mapping[str, str], first: _Table) -> None:
        self._content, self._parameters, self._first = content, parameters, first

    def __call__(self, validator: Validator) -> list[Customer]:
        if _is_headerless(self._parameters):
            return _checked(self._first, validator)
        table = _table(self._content, validator, self._parameters, is_lenient=False)
        return _checked(table, validator)


def _checked(table: _Table, validator: Validator) -> list[Customer]:
    validator.check_length(table.rows)
    ragged = [
        FieldError(f"/{place}", "", "wrong-shape", f"line {line} must have {table.width} cells")
        for place, (line, cells) in enumerate(table.rows)
        if len(cells) != table.width
    ]
    if ragged:
        raise InvalidCustomersError(tuple(ragged[:100]), len(ragged))
    try:
        return validator.check_all([table.record(row) for row in table.rows], text=True)
    except InvalidCustomersError as error:
        raise with_lines(error, [line for line, _ in table.rows]) from error


def _table(
    content: bytes, validator: Validator, parameters: Mapping[str, str], *, is_lenient: bool
) -> _Table:
    rows = _rows(content)
    if _is_headerless(parameters):
        names = _names_without_header(validator.schema, rows)
        return _Table(len(names), list(enumerate(names)), (), rows)
    (_, header), *rows = rows
    schema = validator.schema
    match = match_header(schema, header)
    ignores = is_lenient or validator.ignores_unknown
    problems = list(_header_problems(schema, header, ignores_unknown=ignores))
    if problems:
        raise InvalidCustomersError(tuple(problems[:100]), len(problems))
    wanted = {field.name for field in schema.features} | {schema.id}
    fields = [(place, name) for place, name in enumerate(match.columns) if name in wanted]
    known = [(place, name) for place, name in fields if name is not None]
    return _Table(len(header), known, match.unknown, rows)


def _is_headerless(parameters: Mapping[str, str]) -> bool:
    return parameters.get("header", "present").lower() == "absent"


def _header_problems(
    schema: CustomerSchema, header: Sequence[str], *, ignores_unknown: bool
) -> Iterator[FieldError]:
    match = match_header(schema, header)
    if not any(match.columns):  # most likely a customer, whose values no answer repeats
        yield FieldError("", "", "missing", _NO_HEADER)
        return
    for name in match.missing:
        yield FieldError("", name, "missing", "line 1: this column is missing")
    for name in match.duplicate:
        yield FieldError("", name, "duplicate", "line 1: this column stands there twice")
    for name in match.unknown if not ignores_unknown else ():
        yield FieldError("", name[:64], "unknown-field", "line 1: is not a field of the schema")
    if schema.outcome is not None and schema.outcome.field in match.columns:
        detail = "line 1: is the outcome, which the model is to tell; leave it out"
        yield FieldError("", schema.outcome.field, "unknown-field", detail)


def _names_without_header(schema: CustomerSchema, rows: Sequence[Row]) -> list[str]:
    names = [field.name for field in schema.features]
    has_id = schema.id is not None and len(rows[0][1]) == len(names) + 1
    return [schema.id, *names] if has_id and schema.id is not None else names


def _rows(content: bytes) -> list[Row]:
    check_lengths(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBodyError("the body is not valid UTF-8", error.start) from None
    if "\0" in text or not text.strip():
        detail = "the body holds a zero byte" if text.strip() else "the body is empty"
        raise MalformedBodyError(detail, max(text.find("\0"), 0))
    first = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise MalformedBodyError(f"line {reader.line_num} is not CSV: {error}") from None


def _cells(found: Prediction | BadRow) -> tuple[str, ...]:
    return ("",) * len(HEADER) if isinstance(found, BadRow) else output_row(found)


def _error(found: Prediction | BadRow, columns: Sequence[str]) -> tuple[str, ...]:
    if not columns:
        return ()
    errors = found.errors if isinstance(found, BadRow) else ()
    return ("; ".join(f"{item.field} {item.detail}".strip() for item in errors),)
