"""Requests of the Open Inference Protocol v2: one tensor per field.

Each tensor has the shape [n] or [n, 1]. What its elements may be is judged by the
schema, as for every other envelope; here only sizes and datatypes must agree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any

import msgspec

from churn_service.envelopes.binary_tensors import (
    BYTES,
    DATATYPES,
    TensorBytes,
    flattened,
    split_body,
    unpack,
)
from churn_service.envelopes.records import parse_document
from churn_service.errors import UnreadableBodyError

OUTPUTS = {"churn_probability": "FP64", "churn": "BOOL"}
_PLAIN_TYPES: dict[str, set[type]] = {"BOOL": {bool}, BYTES: {str}}
_MOST_NAMES = 64


class _Output(msgspec.Struct, frozen=True):
    name: str
    parameters: dict[str, Any] | None = None


class _Input(msgspec.Struct, frozen=True):
    name: str
    shape: list[int]
    datatype: str
    parameters: dict[str, Any] | None = None
    data: list[Any] | None = None


class _Document(msgspec.Struct, frozen=True):
    """What a request may say; many clients write null for what they leave out."""

    inputs: list[_Input]
    id: str | None = None
    parameters: dict[str, Any] | None = None
    outputs: list[_Output] | None = None


@dataclass(frozen=True)
class InferRequest:
    """One inference request, read.

    Attributes:
        id: What the client calls the request; empty when it has no name.
        records: One mapping of tensor names to values per customer.
        rank: How many dimensions the answer's tensors have, 1 or 2.
        outputs: Name of each wanted output, and whether it is sent as bytes.
    """

    id: str
    records: list[dict[str, object]]
    rank: int
    outputs: dict[str, bool]


def read_request(body: bytes, header_length: str | None) -> InferRequest:
    """Read a body, of which the first `header_length` bytes are JSON (None: all of it).

    Raises:
        UnreadableBodyError: It is no inference request, or its sizes do not agree.
    """
    text, rest = split_body(body, header_length)
    document = _parse(text)
    content = TensorBytes(rest)
    columns = {tensor.name: _values(tensor, content) for tensor in _unique(document.inputs)}
    content.check_end()
    rows = [tensor.shape[0] for tensor in document.inputs]
    if len(set(rows)) != 1:
        raise UnreadableBodyError("All inputs must have the same first dimension.")
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    rank = len(document.inputs[0].shape)
    return InferRequest(document.id or "", records, rank, _wanted(document))


def _parse(text: bytes) -> _Document:
    try:
        return msgspec.convert(parse_document(text), _Document)
    except msgspec.ValidationError as error:  # its text names types and places, no values
        raise UnreadableBodyError(f"This is no inference request: {error}.") from error


def _unique(inputs: Sequence[_Input]) -> Iterator[_Input]:
    names = {tensor.name for tensor in inputs}
    if not names or len(names) != len(inputs):
        raise UnreadableBodyError("Send one input per field, each name once.")
    yield from inputs


def _values(tensor: _Input, content: TensorBytes) -> list[object]:
    """Return the elements of one tensor, from its data or from the bytes behind the JSON."""
    place = f"input {tensor.name[:_MOST_NAMES]!r}"
    if tensor.datatype not in DATATYPES:
        raise UnreadableBodyError(f"The datatype of {place} must be one of {', '.join(DATATYPES)}.")
    if len(tensor.shape) not in {1, 2} or tensor.shape[0] < 0 or tensor.shape[1:] not in ([], [1]):
        raise UnreadableBodyError(f"The shape of {place} must be [n] or [n, 1].")
    size = (tensor.parameters or {}).get("binary_data_size")
    if (size is None) == (tensor.data is None):
        raise UnreadableBodyError(f"The {place} must have either data or a binary_data_size.")
    if tensor.data is None:
        return _unpacked(tensor, size, content, place)
    return _listed(tensor, tensor.data, place)


def _unpacked(tensor: _Input, size: object, content: TensorBytes, place: str) -> list[object]:
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise UnreadableBodyError(f"The binary_data_size of {place} must be a number of bytes.")
    try:
        return unpack(tensor.datatype, tensor.shape[0], content.take(size))
    except UnreadableBodyError as error:
        raise UnreadableBodyError(f"The bytes of {place} do not fit: {error.detail}") from error


def _listed(tensor: _Input, data: list[object], place: str) -> list[object]:
    elements = flattened(data)
    if len(elements) != tensor.shape[0]:
        raise UnreadableBodyError(f"The data of {place} must have as many elements as its shape.")
    if not set(map(type, elements)) <= _kinds(tensor.datatype):
        raise UnreadableBodyError(f"The data of {place} must be elements of {tensor.datatype}.")
    return elements


def _kinds(datatype: str) -> set[type]:
    """Return the types of JSON values that may stand for elements; null always may."""
    numbers = {int, float} if datatype.startswith("FP") else {int}
    return {NoneType, *_PLAIN_TYPES.get(datatype, numbers)}


def _wanted(document: _Document) -> dict[str, bool]:
    """Return the wanted outputs, all of them when none is named; later ones of a name win."""
    usual = (document.parameters or {}).get("binary_data_output") is True
    asked = document.outputs or [_Output(name) for name in OUTPUTS]
    strangers = [output for output in asked if output.name not in OUTPUTS]
    if strangers:
        raise UnreadableBodyError(f"The outputs are: {', '.join(OUTPUTS)}.")
    return {
        output.name: (output.parameters or {}).get("binary_data", usual) is True for output in asked
    }
