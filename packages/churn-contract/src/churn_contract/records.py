"""One record to one customer, field by field, with an error for each bad one."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from churn_contract.cells import BadValueError, Value, expected, read_id
from churn_contract.errors import InvalidCustomersError
from churn_contract.problem import FieldError
from churn_contract.schema import CustomerSchema, Field
from churn_contract.strict import Customer

MOST_ERRORS_KEPT = 100
_LONGEST_KEY_SHOWN = 64
_SHAPE = "must be one customer, an object with a member per field, or an array of customers"
_NOBODY = Customer(None, ())

Read = Callable[[Any], Value]


class NoRecord(str):
    """What stands in the place of a row that is no record, and says why it is none."""

    __slots__ = ()


class Findings:
    """The errors of one body: all are counted, the first ones are kept.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int = MOST_ERRORS_KEPT) -> None:
        self._most = most
        self._kept: list[FieldError] = []
        self._total = 0

    @property
    def is_full(self) -> bool:
        """Whether further errors are only counted; then nobody need find words for them."""
        return self._total >= self._most

    def add(self, error: FieldError) -> None:
        """Count one error and keep it while there is room."""
        if not self.is_full:
            self._kept.append(error)
        self._total += 1

    def count(self) -> None:
        """Count one error that is not kept."""
        self._total += 1

    def raise_if_any(self) -> None:
        """Raise InvalidCustomersError when something was found."""
        if self._total:
            raise InvalidCustomersError(tuple(self._kept), self._total)


class _Member(NamedTuple):
    pointer: str
    value: object


class RecordReader:
    """Read records of one form, JSON values or text cells, by one schema."""

    def __init__(
        self, schema: CustomerSchema, reads: Mapping[str, Read], *, ignores_unknown: bool
    ) -> None:
        self._schema = schema
        self._reads = reads
        self._ignores_unknown = ignores_unknown

    def read(self, record: object, pointer: str, findings: Findings) -> Customer:
        """Return the customer; with findings, what comes back is not to be used."""
        if not isinstance(record, Mapping) or self._is_wrapped(record):
            detail = str(record) if isinstance(record, NoRecord) else _SHAPE
            findings.add(FieldError(pointer, "", "wrong-shape", detail))
            return _NOBODY
        members = self._sorted_members(record, pointer, findings)
        values = [
            self._value(field, members.get(field.name), pointer, findings)
            for field in self._schema.features
        ]
        return Customer(self._customer_id(members, findings), tuple(values))

    def _is_wrapped(self, record: Mapping[str, object]) -> bool:
        """Tell a customer inside something else from a customer with wrong fields."""
        nested = any(isinstance(value, dict | list) for value in record.values())
        return nested and not any(self._schema.find(key) for key in record)

    def _sorted_members(
        self, record: Mapping[str, object], pointer: str, findings: Findings
    ) -> dict[str, _Member]:
        """Return each member under its field's name; those that cannot stay are found."""
        members: dict[str, _Member] = {}
        for key, value in record.items():
            place = f"{pointer}/{_escaped(key)}"
            field = self._schema.find(key)
            if field is None:
                self._find_stranger(key, place, findings)
            elif field.role == "outcome":
                detail = "is the outcome, which the model is to tell; leave it out"
                findings.add(FieldError(place, field.name, "unknown-field", detail))
            elif field.name in members:
                detail = "the same field stands here in two spellings; send it once"
                findings.add(FieldError(place, field.name, "duplicate", detail))
            else:
                members[field.name] = _Member(place, value)
        return members

    def _find_stranger(self, key: str, place: str, findings: Findings) -> None:
        if self._ignores_unknown:
            return
        if findings.is_full:  # to look for a like name takes a hundred times as long as a check
            findings.count()
            return
        shown = key[:_LONGEST_KEY_SHOWN]
        names = [field.name for field in self._schema.features]
        near = difflib.get_close_matches(shown.lower(), names, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        detail = f"is not a field of the schema{hint}"
        findings.add(FieldError(place, shown, "unknown-field", detail))

    def _value(
        self, field: Field, member: _Member | None, pointer: str, findings: Findings
    ) -> Value:
        if member is None and findings.is_full:
            findings.count()
            return None
        if member is None:
            null = "; send null when it is not known" if field.accepts_missing else ""
            detail = f"is missing: {expected(field)}{null}"
            place = f"{pointer}/{_escaped(field.name)}"
            findings.add(FieldError(place, field.name, "missing", detail))
            return None
        try:
            return self._reads[field.name](member.value)
        except BadValueError as error:
            findings.add(FieldError(member.pointer, field.name, error.code, error.detail))
            return None

    def _customer_id(self, members: dict[str, _Member], findings: Findings) -> str | None:
        name = self._schema.id
        if name is None or name not in members:
            return None
        try:
            return read_id(members[name].value)
        except BadValueError as error:
            findings.add(FieldError(members[name].pointer, name, error.code, error.detail))
            return None


def _escaped(key: str) -> str:
    """Escape a key for a JSON pointer (RFC 6901)."""
    return key[:_LONGEST_KEY_SHOWN].replace("~", "~0").replace("/", "~1")
