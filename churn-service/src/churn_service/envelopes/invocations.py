"""Bodies of `POST /invocations`: what SageMaker's and MLflow's clients send.

| body | answer |
|---|---|
| CSV, with or without a header | a line with the probability per customer |
| JSON Lines | a line as `POST /predict` answers per customer |
| JSON, one customer or several | as `POST /predict` answers |
| JSON, a shape of `instances.py` | `{"predictions": [...]}` |

A body of any other type, or of none, is JSON when it starts with a bracket, else CSV.
The header Accept may ask for another of the three forms.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_options_header

from churn_contract.errors import MalformedBodyError
from churn_contract.json_text import parse_json
from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema
from churn_service.envelopes import instances
from churn_service.errors import NoAcceptableAnswerError, UnreadableBodyError, refusal_of

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
_FORMS = {
    CSV: "csv",
    JSON: "json",
    JSON_LINES: "lines",
    "application/x-jsonlines": "lines",
    "application/jsonl": "lines",
    "application/x-ndjson": "lines",
}
_BLANK = b" \t\r\n"


class Invocation(NamedTuple):
    """One body, read.

    Attributes:
        records: One mapping per customer, or what stands in its place.
        is_text: Whether the values are cells of a file, to be read as such.
        form: How the answer is written: csv, json or lines.
        output: What `predictions` of the answer hold; empty for no such shape.
        is_one: Whether the body is one customer and not a list.
    """

    records: list[object]
    is_text: bool
    form: str
    output: str = ""
    is_one: bool = False


def read_invocation(body: bytes, content_type: str, schema: CustomerSchema) -> Invocation:
    """Read a body by its type, or by its first character when the type says nothing.

    Raises:
        UnreadableBodyError: The body is not what its type or its start promises.
    """
    media_type, options = parse_options_header(content_type)
    form = _FORMS.get(media_type) or _sniffed(body)
    if form == "csv":
        header = options.get("header", "unknown")
        return Invocation(list(_csv_records(body, schema, header)), is_text=True, form=form)
    if form == "lines":
        return Invocation(list(_line_records(body)), is_text=False, form=form)
    document = _parsed(body)
    if instances.is_shape(document):
        found = instances.read_instances(document, [field.name for field in schema.features])
        return Invocation(found.records, is_text=False, form=form, output=found.output)
    if isinstance(document, list):
        return Invocation(document, is_text=False, form=form)
    return Invocation([document], is_text=False, form=form, is_one=True)


def with_wanted_form(invocation: Invocation, accept: MIMEAccept) -> Invocation:
    """Return the invocation with the form of answer that its caller accepts.

    Raises:
        NoAcceptableAnswerError: The caller takes none of the types there are.
    """
    own = next(name for name, form in _FORMS.items() if form == invocation.form)
    best = accept.best_match([own, *_FORMS]) if accept else own
    if best is None:
        raise NoAcceptableAnswerError(f"This address answers with: {', '.join(_FORMS)}.")
    if _FORMS[best] == invocation.form:
        return invocation
    # rows of a file have no shape of their own; as JSON they get the usual one
    output = invocation.output or "probability"
    return invocation._replace(form=_FORMS[best], output=output)


def write_answer(invocation: Invocation, predictions: Sequence[Prediction]) -> tuple[bytes, str]:
    """Return the content of the answer and its type."""
    return _WRITERS[invocation.form](invocation, predictions)


def _sniffed(body: bytes) -> str:
    return "json" if body.lstrip(_BLANK)[:1] in {b"{", b"["} else "csv"


def _parsed(body: bytes) -> object:
    try:
        return parse_json(body)
    except MalformedBodyError as error:
        raise refusal_of(error) from error


def _line_records(body: bytes) -> Iterator[object]:
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line.strip(_BLANK):
            continue
        try:
            yield _parsed(line)
        except UnreadableBodyError as error:
            raise UnreadableBodyError(f"Line {number}: {error.detail}") from error


def _csv_records(body: bytes, schema: CustomerSchema, header: str) -> Iterator[dict[str, str]]:
    rows = _csv_rows(body)
    names, columns = [field.name for field in schema.features], None
    for line, row in rows:
        if columns is None:
            columns = _columns(row, names, schema, header)
            if columns is row:
                continue
        if len(row) != len(columns):
            raise UnreadableBodyError(f"Line {line} must have {len(columns)} cells.")
        yield dict(zip(columns, row, strict=True))


def _columns(row: list[str], names: list[str], schema: CustomerSchema, header: str) -> list[str]:
    """Return the columns that the first line names (itself), or those of the schema."""
    known = sum(schema.find(cell) is not None for cell in row)
    if header == "present" or (header != "absent" and 2 * known > len(row)):
        if len(set(row)) != len(row):
            raise UnreadableBodyError("The first line names a column twice.")
        return row
    if schema.id is not None and len(row) == len(names) + 1:
        return [schema.id, *names]
    return names


def _csv_rows(body: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"The body is not valid UTF-8 (byte {error.start})."
        raise UnreadableBodyError(detail) from None
    if not text.strip():
        raise UnreadableBodyError("The body is empty; send one customer per line.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from ((reader.line_num, row) for row in reader if row)
    except csv.Error:
        raise UnreadableBodyError(f"Line {reader.line_num} is not CSV.") from None


def _write_csv(_: Invocation, predictions: Sequence[Prediction]) -> tuple[bytes, str]:
    lines = [f"{prediction.churn_probability!r}\n" for prediction in predictions]
    return "".join(lines).encode(), f"{CSV}; charset=utf-8"


def _write_lines(_: Invocation, predictions: Sequence[Prediction]) -> tuple[bytes, str]:
    return msgspec.json.Encoder().encode_lines(predictions), JSON_LINES


def _write_json(invocation: Invocation, predictions: Sequence[Prediction]) -> tuple[bytes, str]:
    if invocation.output:
        return instances.write_predictions(predictions, invocation.output), JSON
    return msgspec.json.encode(predictions[0] if invocation.is_one else predictions), JSON


_WRITERS: dict[str, Callable[[Invocation, Sequence[Prediction]], tuple[bytes, str]]] = {
    "csv": _write_csv,
    "lines": _write_lines,
    "json": _write_json,
}
