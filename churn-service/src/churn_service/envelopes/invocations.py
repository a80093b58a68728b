"""Bodies of `POST /invocations`: what SageMaker's and MLflow's clients send.

| body | answer |
|---|---|
| CSV, with or without a header | a line with the probability per customer |
| JSON Lines | a line as `POST /predict` answers per customer |
| JSON, one customer or several | as `POST /predict` answers |
| JSON, a shape of `instances.py` | `{"predictions": [...]}` |

A body of any other type, or of none, is JSON when it starts with a bracket, else CSV.
The header Accept may ask for another of the three forms.

Lenient answers keep one line or element per customer: a bad one is an empty line, null in
`predictions`, and what is wrong with it everywhere else. `Prefer: handling=lenient` asks
for them, and so does the parameter `handling=lenient` of the type, as a batch transform
sends no headers of its own.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_options_header

from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema
from churn_contract.validation import Validator
from churn_service.envelopes import instances
from churn_service.envelopes.body import BadRow, Body
from churn_service.envelopes.csv import SEPARATORS, CsvEnvelope
from churn_service.envelopes.form import Ask, Envelope
from churn_service.envelopes.json import JsonEnvelope
from churn_service.envelopes.ndjson import NdjsonEnvelope
from churn_service.envelopes.records import check_records
from churn_service.errors import NoAcceptableAnswerError

_JSON, _LINES, _CSV = JsonEnvelope(), NdjsonEnvelope(), CsvEnvelope()
_FORMS: dict[str, Envelope] = {
    name: envelope for envelope in (_CSV, _JSON, _LINES) for name in envelope.media_types
}
_TYPES = {_JSON: "application/json", _LINES: "application/jsonlines", _CSV: "text/csv"}
_BLANK = b" \t\r\n"


class Invocation(NamedTuple):
    """One body, read.

    Attributes:
        body: Its customers.
        form: How the answer is written.
        output: What `predictions` of the answer hold; empty for no such shape.
    """

    body: Body
    form: Envelope
    output: str = ""


def read_invocation(
    content: bytes, content_type: str, validator: Validator, *, is_lenient: bool = False
) -> Invocation:
    """Read a body by its type, or by its first character when the type says nothing.

    Raises:
        ServiceError: It cannot be read, or some customer does not fit.
    """
    media_type, options = parse_options_header(content_type)
    is_lenient = is_lenient or options.get("handling", "").lower() == "lenient"
    form = _FORMS.get(media_type) or _sniffed(content)
    if form is _JSON and instances.may_be_shape(content):
        found = instances.read_document(content, validator.schema)
        if found is not None:
            ask = Ask(validator, options, is_lenient)
            return Invocation(check_records(found.records, ask), form, found.output)
    if form is _CSV:
        options = {"header": _header(content, options, validator.schema)}
    return Invocation(form.read(content, Ask(validator, options, is_lenient)), form)


def with_wanted_form(invocation: Invocation, accept: MIMEAccept) -> Invocation:
    """Return the invocation with the form of answer that its caller accepts.

    Raises:
        NoAcceptableAnswerError: The caller takes none of the types there are.
    """
    if not accept:
        return invocation
    best = accept.best_match([_TYPES[invocation.form], *_FORMS])
    if best is None:
        raise NoAcceptableAnswerError(f"This address answers with: {', '.join(_FORMS)}.")
    if _FORMS[best] is invocation.form:
        return invocation
    # rows of a file have no shape of their own; as JSON they get the usual one
    return invocation._replace(form=_FORMS[best], output=invocation.output or "probability")


def write_answer(invocation: Invocation, predictions: Sequence[Prediction]) -> tuple[bytes, str]:
    """Return the content of the answer and its type."""
    form = invocation.form
    if form is _CSV:
        lines = map(_line, invocation.body.in_place(predictions))
        return "".join(lines).encode(), "text/csv; charset=utf-8"
    if form is _JSON and invocation.output:
        rows = invocation.body.in_place(predictions)
        return instances.write_predictions(rows, invocation.output), _TYPES[form]
    return form.write(invocation.body, predictions), _TYPES[form]


def _line(row: Prediction | BadRow) -> str:
    return "\n" if isinstance(row, BadRow) else f"{row.churn_probability!r}\n"


def _sniffed(content: bytes) -> Envelope:
    return _JSON if content.lstrip(_BLANK)[:1] in {b"{", b"["} else _CSV


def _header(content: bytes, options: Mapping[str, str], schema: CustomerSchema) -> str:
    """Tell whether a table has a header: as its type says, else when most cells are fields."""
    told = options.get("header", "").lower()
    if told in {"present", "absent"}:
        return told
    first = content.lstrip(_BLANK + b"\xef\xbb\xbf").partition(b"\n")[0]
    cells = re.split(f"[{SEPARATORS}]", first.decode("utf-8", "replace"))
    known = sum(schema.find(cell.strip(' "\r')) is not None for cell in cells)
    return "present" if 2 * known > len(cells) else "absent"
