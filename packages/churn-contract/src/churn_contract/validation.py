"""From bodies, mappings and text cells to checked customers, or to every error in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

from churn_contract.cells import value_reader
from churn_contract.errors import (
    ContractError,
    InvalidCustomersError,
    MalformedBodyError,
    TooManyRowsError,
)
from churn_contract.json_text import parse_json
from churn_contract.problem import FieldError
from churn_contract.records import MOST_ERRORS_KEPT, Findings, RecordReader
from churn_contract.schema import CustomerSchema
from churn_contract.strict import Customer, StrictDecoder
from churn_contract.text_columns import TextColumns

__all__ = [
    "ContractError",
    "Customer",
    "InvalidCustomersError",
    "MalformedBodyError",
    "RowErrors",
    "Rows",
    "TooManyRowsError",
    "Validator",
]


MOST_ROW_ERRORS = 10_000


class RowErrors(NamedTuple):
    """What is wrong with one row (from 0) of many; pointers start at it, as `/contract`."""

    row: int
    errors: tuple[FieldError, ...]


class Rows(NamedTuple):
    """Rows of which some may be bad.

    Attributes:
        customers: One per row, in their order; None where the row is bad.
        errors: The bad rows, in their order.
    """

    customers: list[Customer | None]
    errors: list[RowErrors]


class Validator:
    """Check customers against one schema.

    Names and levels may have their canonical or their raw spelling. All features must
    be there; a missing value is written null (in cells: left empty) where the schema
    accepts it. The id is allowed, the outcome is not; columns that the schema calls
    contact or ignored are dropped.
    """

    def __init__(
        self,
        schema: CustomerSchema,
        *,
        unknown_fields: Literal["error", "ignore"] = "error",
        max_rows: int = 100_000,
    ) -> None:
        self.schema = schema
        self.ignores_unknown = unknown_fields == "ignore"
        self._max_rows = max_rows
        self.strict = StrictDecoder(schema)
        readers = {field.name: value_reader(field) for field in schema.features}
        json_reads = {name: each.from_json for name, each in readers.items()}
        self._json = RecordReader(schema, json_reads, ignores_unknown=self.ignores_unknown)
        self._text_columns = TextColumns(schema)
        text_reads = {name: each.from_text for name, each in readers.items()}
        self._text = RecordReader(schema, text_reads, ignores_unknown=self.ignores_unknown)

    @cached_property
    def lenient(self) -> "Validator":
        """The same checks, but fields of no schema are ignored."""
        if self.ignores_unknown:
            return self
        return Validator(self.schema, unknown_fields="ignore", max_rows=self._max_rows)

    def decode(self, body: bytes) -> Customer | list[Customer]:
        """Decode one customer or an array of them.

        Raises:
            MalformedBodyError: The body is not strict JSON.
            TooManyRowsError: The array is longer than `max_rows`.
            InvalidCustomersError: With every bad field of every bad customer.
        """
        found = self.strict.decode(body)
        if found is None:
            return self._decode_slowly(body)
        if isinstance(found, list):
            self.check_length(found)
        return found

    def check(self, record: Mapping[str, object], pointer: str = "") -> Customer:
        """Check one record of JSON values; `pointer` goes before those of its errors."""
        return _read_one(self._json, record, pointer)

    def check_any(self, value: object) -> Customer:
        """Check one JSON value of any kind; only an object can be a customer."""
        return _read_one(self._json, value, "")

    def check_text(self, record: Mapping[str, str], pointer: str = "") -> Customer:
        """Check one record of text cells, as files and forms have them."""
        return _read_one(self._text, record, pointer)

    def check_all(self, records: Iterable[object], *, text: bool = False) -> list[Customer]:
        """Check many records of JSON values, or of text cells; pointers start with the index.

        Raises:
            TooManyRowsError: There are more than `max_rows`.
            InvalidCustomersError: With every bad field of every bad customer.
        """
        quick = self._converted(records, text=text)
        return self._all_checked(records, text=text) if quick is None else quick

    def _converted(self, records: Iterable[object], *, text: bool) -> list[Customer] | None:
        if not isinstance(records, list):
            return None
        self.check_length(records)
        return self._text_columns.convert(records) if text else self.strict.convert(records)

    def _all_checked(self, records: Iterable[object], *, text: bool) -> list[Customer]:
        reader, findings = self._text if text else self._json, Findings()
        customers = [
            reader.read(record, f"/{index}", findings) for index, record in self._counted(records)
        ]
        findings.raise_if_any()
        return customers

    def check_rows(self, records: Iterable[object], *, text: bool = False) -> Rows:
        """Check many records one by one; a bad one does not stop the others.

        After ten thousand errors each bad row names only its first, so that a small body
        gets no huge answer.

        Raises:
            TooManyRowsError: There are more than `max_rows`.
        """
        reader = self._text if text else self._json
        rows = Rows([], [])
        left = MOST_ROW_ERRORS
        for index, record in self._counted(records):
            try:
                findings = Findings(MOST_ERRORS_KEPT if left > 0 else 1)
                rows.customers.append(_read_one(reader, record, "", findings))
            except InvalidCustomersError as error:
                rows.customers.append(None)
                rows.errors.append(RowErrors(index, error.errors))
                left -= len(error.errors)
        return rows

    def _counted(self, records: Iterable[object]) -> Iterator[tuple[int, object]]:
        if isinstance(records, Sequence):
            self.check_length(records)
        for index, record in enumerate(records):
            if index >= self._max_rows:
                raise TooManyRowsError(index + 1, self._max_rows)
            yield index, record

    def _decode_slowly(self, body: bytes) -> Customer | list[Customer]:
        document = parse_json(body)
        if not isinstance(document, list):
            return _read_one(self._json, document, "")
        return self.check_all(document)

    def check_length(self, rows: Sequence[object]) -> None:
        """Raise TooManyRowsError when there are more than `max_rows`."""
        if len(rows) > self._max_rows:
            raise TooManyRowsError(len(rows), self._max_rows)


def _read_one(
    reader: RecordReader, record: object, pointer: str, findings: Findings | None = None
) -> Customer:
    findings = findings or Findings()
    customer = reader.read(record, pointer, findings)
    findings.raise_if_any()
    return customer
