"""Many customers in one JSON document, in the shapes of MLflow, Vertex and TensorFlow.

| member | holds |
|---|---|
| `dataframe_split` | `{"columns": [...], "data": [[...], ...]}`, as pandas writes it |
| `dataframe_records` | a list of customers |
| `instances` | a list of customers, or of lists of values in the order of the schema |
| `inputs` | the same, or one list of values per field |

The answer is `{"predictions": [...]}`, a probability per customer. The member `params`
or `parameters` may ask for something else: `{"output": "decision"}` for booleans,
`{"output": "object"}` for what `POST /predict` answers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema
from churn_service.envelopes.body import BadRow
from churn_service.envelopes.records import parse_document
from churn_service.errors import UnreadableBodyError

SHAPES = ("dataframe_split", "dataframe_records", "instances", "inputs")
_PARAMETERS = ("params", "parameters")
_IGNORED = ("signature_name",)  # TensorFlow's clients name the one function there is
_OUTPUTS: dict[str, Callable[[Prediction], object]] = {
    "probability": lambda prediction: prediction.churn_probability,
    "decision": lambda prediction: prediction.churn,
    "object": lambda prediction: prediction,
}


class Instances(NamedTuple):
    """The records of a document, and which output its answer holds."""

    records: list[object]
    output: str


class _Frame(msgspec.Struct, frozen=True):
    """A data frame as pandas writes it with orient="split"; its index is no matter."""

    data: list[list[Any]]
    columns: list[str] | None = None


def may_be_shape(content: bytes) -> bool:
    """Tell quickly whether a document may be one of these shapes; False is certain."""
    return any(f'"{shape}"'.encode() in content for shape in SHAPES)


def read_document(content: bytes, schema: CustomerSchema) -> Instances | None:
    """Return the records of a document; None when it is a customer or a list of them.

    Raises:
        UnreadableBodyError: It is no JSON, or a shape that is not as it should be.
    """
    document = parse_document(content)
    if not isinstance(document, dict) or document.keys().isdisjoint(SHAPES):
        return None
    return read_instances(document, schema)


def read_instances(document: object, schema: CustomerSchema) -> Instances:
    """Return the records of a document; bare lists of values have the schema's order.

    Raises:
        UnreadableBodyError: It is none of the shapes, or more than one.
    """
    if not isinstance(document, dict):
        raise _wrong_shape()
    found = [shape for shape in SHAPES if shape in document]
    strangers = document.keys() - {*SHAPES, *_PARAMETERS, *_IGNORED}
    if len(found) != 1 or strangers:
        raise _wrong_shape()
    names = [field.name for field in schema.features]
    content = document[found[0]]
    records = _split(content, names) if found[0] == "dataframe_split" else _rows(content, names)
    return Instances(records, _output(document))


def write_predictions(rows: Iterable[Prediction | BadRow], output: str) -> bytes:
    """Return the answer, one value or object per customer; null for a bad one, or its errors."""
    return msgspec.json.encode({"predictions": [_shown(row, output) for row in rows]})


def _shown(row: Prediction | BadRow, output: str) -> object:
    if isinstance(row, BadRow):
        return row if output == "object" else None
    return _OUTPUTS[output](row)


def _wrong_shape() -> UnreadableBodyError:
    return UnreadableBodyError(
        f"Send one JSON object with exactly one of {', '.join(SHAPES)}, and if wanted "
        f'"params": {{"output": one of {", ".join(_OUTPUTS)}}}.'
    )


def _output(document: Mapping[str, object]) -> str:
    for member in _PARAMETERS:
        parameters = document.get(member)
        if isinstance(parameters, dict) and "output" in parameters:
            output = parameters["output"]
            if not isinstance(output, str) or output not in _OUTPUTS:
                raise UnreadableBodyError(f"The output is one of {', '.join(_OUTPUTS)}.")
            return output
    return "probability"


def _split(content: object, names: Sequence[str]) -> list[object]:
    try:
        frame = msgspec.convert(content, _Frame)
    except msgspec.ValidationError as error:  # its text names types and places, no values
        raise UnreadableBodyError(f"This is no dataframe_split: {error}.") from error
    columns = names if frame.columns is None else frame.columns
    if len(set(columns)) != len(columns):
        raise UnreadableBodyError("The columns of dataframe_split have each name once.")
    return [_zipped(columns, row) for row in frame.data]


def _rows(content: object, names: Sequence[str]) -> list[object]:
    if isinstance(content, dict):
        return _columns(content)
    if not isinstance(content, list):
        raise UnreadableBodyError("Send a list of customers.")
    # whatever else a row is, the schema's reader says what it should be
    return [_zipped(names, row) if isinstance(row, list) else row for row in content]


def _columns(content: Mapping[str, object]) -> list[object]:
    """Turn one list per field into one record per customer; single values are one customer."""
    columns = [value if isinstance(value, list) else [value] for value in content.values()]
    if len({len(column) for column in columns}) != 1:
        raise UnreadableBodyError("Send as many values for each field as for the others.")
    cells = [[_cell(value) for value in column] for column in columns]
    return [dict(zip(content, row, strict=True)) for row in zip(*cells, strict=True)]


def _cell(value: object) -> object:
    """Unwrap an element of a column of shape [n, 1]."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _zipped(names: Sequence[str], row: Sequence[object]) -> dict[str, object]:
    if len(row) != len(names):
        raise UnreadableBodyError(f"Each list of values must have {len(names)} of them.")
    return dict(zip(names, row, strict=True))
