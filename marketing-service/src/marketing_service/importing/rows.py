"""One row of a file: a customer to store, or the reasons why not."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from churn_contract.errors import InvalidCustomersError
from churn_contract.schema import CustomerSchema
from churn_contract.validation import Validator
from marketing_service.canonical import canonical_json
from marketing_service.importing.address import address_hash, read_address
from marketing_service.importing.columns import ADDRESS, DEFAULT_ID, Columns
from marketing_service.importing.csv_source import RawRow
from marketing_service.store.customers import Attributes, CustomerRecord
from marketing_service.store.imports import Reject

LONGEST_ID: Final = 200
LONGEST_RAW: Final = 10_000

# Field, code and reason of a reject.
Finding = tuple[str, str, str]


@dataclass(frozen=True)
class CheckedChunk:
    """Rows that were checked together.

    Attributes:
        read: How many rows there were.
        records: Customers to store, each id once.
        rejects: One entry per bad field of each refused row.
        rejected: How many rows were refused for their values.
        duplicate: How many rows gave way to a later one with the same id.
    """

    read: int
    records: list[CustomerRecord]
    rejects: list[Reject]
    rejected: int
    duplicate: int


class RowChecker:
    """Check rows against the schema of the served model."""

    def __init__(
        self, schema: CustomerSchema, columns: Columns, *, address_key: bytes | None = None
    ) -> None:
        self._schema = schema
        self._columns = columns
        self._address_key = address_key
        self._validator = Validator(schema)
        self._names = tuple(field.name for field in schema.features)
        self._id_name = schema.id or DEFAULT_ID

    def check_all(self, rows: Iterable[RawRow]) -> CheckedChunk:
        """Check rows; of several with one id the last good one wins."""
        last: dict[str, tuple[RawRow, CustomerRecord]] = {}
        rejects: list[Reject] = []
        read = rejected = duplicate = 0
        for row in rows:
            read += 1
            found = self.check(row)
            if isinstance(found, list):
                rejects += found
                rejected += 1
                continue
            earlier = last.pop(found.external_id, None)
            if earlier is not None:
                rejects.append(_duplicate(earlier[0], row))
                duplicate += 1
            last[found.external_id] = row, found
        records = [record for _, record in last.values()]
        return CheckedChunk(read, records, rejects, rejected, duplicate)

    def check(self, row: RawRow) -> CustomerRecord | list[Reject]:
        """Return the customer of a row, or everything that is wrong with it."""
        columns, cells = self._columns, row.cells
        if row.problem or len(cells) != columns.width:
            return [_reject(row, 0, "", "wrong-shape", row.problem or self._width_text(cells))]
        problems: list[Finding] = []
        external_id = self._external_id(cells, problems)
        attrs = self._attributes(cells, problems)
        address = self._address(cells, problems)
        if problems:
            return [_reject(row, place, *problem) for place, problem in enumerate(problems)]
        return self._record(external_id, address, attrs)

    def _external_id(self, cells: list[str], problems: list[Finding]) -> str:
        external_id = cells[self._columns.id_index].strip()
        if not external_id:
            problems.append((self._id_name, "missing", "must have a value"))
        if len(external_id) > LONGEST_ID:
            detail = f"must have at most {LONGEST_ID} characters"
            problems.append((self._id_name, "out-of-range", detail))
        return external_id

    def _attributes(self, cells: list[str], problems: list[Finding]) -> Attributes:
        record = {name: cells[index] for index, name in self._columns.features}
        try:
            customer = self._validator.check_text(record)
        except InvalidCustomersError as error:
            problems += [(found.field, found.code, found.detail) for found in error.errors]
            return {}
        return dict(zip(self._names, customer.values, strict=True))

    def _address(self, cells: list[str], problems: list[Finding]) -> str | None:
        if self._columns.address_index is None:
            return None
        try:
            return read_address(cells[self._columns.address_index])
        except ValueError as error:
            problems.append((ADDRESS, "wrong-type", str(error)))
            return None

    def _record(self, external_id: str, address: str | None, attrs: Attributes) -> CustomerRecord:
        digest, key = self._schema.digest, self._address_key
        return CustomerRecord(
            external_id=external_id,
            email=address,
            email_hash=address_hash(key, address) if key and address else None,
            attrs=attrs,
            row_hash=hashlib.sha256(canonical_json([digest, address, attrs])).digest(),
            schema_digest=digest,
        )

    def _width_text(self, cells: list[str]) -> str:
        return (
            f"has {len(cells)} cells where the header has {self._columns.width};"
            " is the file cut off here, or a delimiter unquoted?"
        )


def _duplicate(earlier: RawRow, later: RawRow) -> Reject:
    reason = f"the same id stands again in line {later.line}; the last one wins"
    return _reject(earlier, 0, "", "duplicate", reason)


def _reject(row: RawRow, position: int, field: str, code: str, reason: str) -> Reject:
    # A row with a stray quote can be as long as the file; nobody reads more than this.
    return Reject(row.line, position, field, code, reason, row.raw[:LONGEST_RAW])
