"""Named columns against a schema: customers, or every fault in the words of the contract."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from churn_contract.errors import InvalidCustomersError
from churn_contract.problem import FieldError
from churn_contract.schema import CustomerSchema
from churn_contract.tabular import match_header
from churn_contract.validation import RowErrors, Validator
from churn_service.columnar.block import Block, Column
from churn_service.columnar.cells import Bools
from churn_service.columnar.checking import ColumnFault, check_column
from churn_service.columnar.customers import CheckedColumns
from churn_service.columnar.frames import Frame
from churn_service.columnar.ids import Ids, check_ids

MOST_ERRORS_KEPT = 100
_LONGEST_NAME = 64


class _Fault(NamedTuple):
    """A fault and where it stands: order of the column, its name as sent, its field."""

    order: int
    sent: str
    field: str
    fault: ColumnFault

    def errors(self) -> Iterator[tuple[int, int, FieldError]]:
        """Yield row, order and error of every bad row, in the order of the rows."""
        for row in self.fault.rows.tolist():
            yield row, self.order, self.error(f"/{row}")

    def error(self, pointer: str) -> FieldError:
        """Return the error, its pointer below another one."""
        name = self.sent[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1")
        return FieldError(f"{pointer}/{name}", self.field, self.fault.code, self.fault.detail)


class SortedRows(NamedTuple):
    """The good rows of a body, and what is wrong with the others.

    Attributes:
        good: The customers without a fault.
        is_good: Which rows these are.
        bad: The others.
    """

    good: CheckedColumns
    is_good: Bools
    bad: tuple[RowErrors, ...]


def check_frame(frame: Frame, validator: Validator) -> CheckedColumns:
    """Return the customers of named columns.

    Raises:
        InvalidCustomersError: With every fault of every row, in their order; those of whole
            columns have pointers without a row, as `/age`.
    """
    checked, faults = _checked(frame, validator)
    if faults:
        total = sum(len(fault.fault.rows) for fault in faults)
        merged = heapq.merge(*(fault.errors() for fault in faults), key=lambda each: each[:2])
        kept = tuple(error for _, _, error in islice(merged, MOST_ERRORS_KEPT))
        raise InvalidCustomersError(kept, total)
    return checked


def sort_frame(frame: Frame, validator: Validator) -> SortedRows:
    """Return the good customers of named columns, and the errors of each bad row.

    Raises:
        InvalidCustomersError: A whole column is wrong, so no row is good.
    """
    checked, faults = _checked(frame, validator.lenient)
    if not faults:
        return SortedRows(checked, np.ones(frame.rows, dtype=bool), ())
    by_row: dict[int, list[tuple[int, FieldError]]] = {}
    for fault in faults:
        for row, order, _ in fault.errors():
            by_row.setdefault(row, []).append((order, fault.error("")))
    is_good = np.ones(frame.rows, dtype=bool)
    is_good[list(by_row)] = False
    bad = tuple(
        RowErrors(row, tuple(error for _, error in sorted(found, key=lambda each: each[0])))
        for row, found in sorted(by_row.items())
    )
    return SortedRows(_part(checked, is_good), is_good, bad)


def recheck_frame(frame: Frame, validator: Validator, is_good: Bools) -> CheckedColumns:
    """Return the customers of some rows, by another schema.

    Raises:
        InvalidCustomersError: One of them does not fit it.
    """
    checked, faults = _checked(frame, validator.lenient)
    for fault in faults:
        for row, _, error in fault.errors():
            if is_good[row]:
                raise InvalidCustomersError((error,))
    return _part(checked, is_good)


def _part(checked: CheckedColumns, is_good: Bools) -> CheckedColumns:
    ids = checked.ids
    return CheckedColumns(checked.block.part(is_good), ids.part(is_good) if ids else None)


def _checked(frame: Frame, validator: Validator) -> tuple[CheckedColumns, list[_Fault]]:
    schema = validator.schema
    problems = list(_header_problems(frame, schema, ignores=validator.ignores_unknown))
    places = _places(frame, schema)
    columns: list[Column] = []
    faults: list[_Fault] = []
    for order, field in enumerate(schema.features):
        if field.name in places:
            found = check_column(field, frame.cells[places[field.name]])
            sent = frame.names[places[field.name]]
            faults += (_Fault(order, sent, field.name, fault) for fault in found.faults)
            if found.column is not None:
                columns.append(found.column)
    ids, id_faults = _ids(frame, schema, places)
    faults += id_faults
    whole = [fault.error("") for fault in faults if fault.fault.is_whole]
    if problems or whole:
        every = (*problems, *whole)
        raise InvalidCustomersError(every[:MOST_ERRORS_KEPT], len(every))
    return CheckedColumns(Block(frame.rows, tuple(columns)), ids), faults


def _places(frame: Frame, schema: CustomerSchema) -> dict[str, int]:
    found = match_header(schema, frame.names).columns
    return {name: place for place, name in enumerate(found) if name is not None}


def _ids(
    frame: Frame, schema: CustomerSchema, places: dict[str, int]
) -> tuple[Ids | None, Iterable[_Fault]]:
    name = schema.id
    if name is None or name not in places:
        return None, ()
    found, order = check_ids(frame.cells[places[name]]), len(schema.features)
    sent = frame.names[places[name]]
    return found.ids, [_Fault(order, sent, name, fault) for fault in found.faults]


def _header_problems(
    frame: Frame, schema: CustomerSchema, *, ignores: bool
) -> Iterator[FieldError]:
    match = match_header(schema, frame.names)
    for name in match.missing:
        yield _problem(name, name, "missing", "is missing: there is no such column")
    for name in match.duplicate:
        yield _problem(name, name, "duplicate", "stands there twice; send it once")
    for name in match.unknown if not ignores else ():
        yield _problem(name, name[:_LONGEST_NAME], "unknown-field", "is not a field of the schema")
    outcome = schema.outcome.field if schema.outcome else None
    if outcome is not None and outcome in match.columns:
        detail = "is the outcome, which the model is to tell; leave it out"
        yield _problem(outcome, outcome, "unknown-field", detail)


def _problem(sent: str, field: str, code: str, detail: str) -> FieldError:
    return _Fault(0, sent, field, ColumnFault(code, detail)).error("")
