"""Read the rows of a customer file: good ones as customers, bad ones with every error."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import getitem, itemgetter
from typing import NamedTuple

from churn_contract.cells import BadValueError, Value, read_id, value_reader
from churn_contract.errors import InvalidCustomersError
from churn_contract.problem import FieldError
from churn_contract.schema import CustomerSchema
from churn_contract.tabular import match_header
from churn_contract.validation import Customer, RowErrors
from churn_service.predictor import Predictor

Row = tuple[int, Sequence[str]]
Speller = Callable[[str], str]
_MOST_KNOWN_CELLS = 50_000


class CustomerFileError(ValueError):
    """Customers of a file cannot be scored.

    Attributes:
        problems: One text per problem, the line of the file first; perhaps not all of them.
        total: How many problems there are.
    """

    def __init__(self, problems: Sequence[str], total: int | None = None) -> None:
        self.problems = tuple(problems)
        self.total = len(self.problems) if total is None else total
        super().__init__("; ".join(self.problems))


class CheckedRows(NamedTuple):
    """Rows of a file after their check.

    Attributes:
        customers: The good ones, in their order.
        bad: The others, each with its place among the rows.
    """

    customers: list[Customer]
    bad: list[RowErrors]


class RowReader:
    """Reads rows of text cells as customers of one version.

    Each text of a column is read once and then remembered: the cells of a file are few
    different texts, and a look-up costs a tenth of a reading.

    Args:
        predictor: The version whose schema the rows must fit.
        header: Column names, canonical or as in the training file.
        spellers: Per column, what spells its cells as the schema reads them.

    Raises:
        CustomerFileError: Columns are missing or stand there twice.
    """

    def __init__(
        self,
        predictor: Predictor,
        header: Sequence[str],
        spellers: Mapping[int, Speller] | None = None,
    ) -> None:
        schema = predictor.schema
        self._validator = predictor.validator
        self._width = len(header)
        self._columns = _columns(schema, header)
        self._spellers = spellers or {}
        places = {name: place for place, name in self._columns}
        # one place more, since with a single one no tuple comes back; it is not looked at
        self._cells = itemgetter(*(places[field.name] for field in schema.features), -1)
        self._known = [
            _KnownCells(value_reader(field).from_text, self._spellers.get(places[field.name], str))
            for field in schema.features
        ]
        self._id = places.get(schema.id or "")

    def read(self, rows: Iterable[Sequence[str]]) -> CheckedRows:
        """Check rows; a bad one does not stop the others."""
        checked = CheckedRows([], [])
        for place, row in enumerate(rows):
            try:
                checked.customers.append(self._customer(row))
            except InvalidCustomersError as error:
                checked.bad.append(RowErrors(place, error.errors))
        return checked

    def _customer(self, row: Sequence[str]) -> Customer:
        if len(row) != self._width:
            detail = f"must have {self._width} cells, as the header has; it has {len(row)}"
            raise InvalidCustomersError((FieldError("", "", "wrong-shape", detail),))
        try:
            values = tuple(map(getitem, self._known, self._cells(row)))
            return Customer(None if self._id is None else read_id(row[self._id]), values)
        except BadValueError:  # the slow way finds every error
            return self._validator.check_text(self._record(row))

    def _record(self, row: Sequence[str]) -> dict[str, str]:
        return {
            name: self._spellers.get(place, str)(row[place].strip())
            for place, name in self._columns
        }


class _KnownCells(dict[str, Value]):
    """The value of each cell of a column that was met."""

    def __init__(self, read: Callable[[str], Value], spell: Speller) -> None:
        super().__init__()
        self._read, self._spell = read, spell

    def __missing__(self, cell: str) -> Value:
        value = self._read(self._spell(cell.strip()))
        if len(self) >= _MOST_KNOWN_CELLS:
            self.clear()
        self[cell] = value
        return value


def check_rows(predictor: Predictor, header: Sequence[str], rows: Iterable[Row]) -> list[Customer]:
    """Return one customer per row, in their order.

    Args:
        predictor: The version whose schema the rows must fit.
        header: Column names, canonical or as in the training file.
        rows: Line number and cells of each customer.

    Raises:
        CustomerFileError: With every problem.
    """
    given = list(rows)
    found = RowReader(predictor, header).read(cells for _, cells in given)
    problems = [text for row, errors in found.bad for text in complaints(given[row][0], errors)]
    if problems:
        raise CustomerFileError(problems)
    return found.customers


def complaints(line: int, errors: Iterable[FieldError]) -> list[str]:
    """Say what is wrong with the row on a line, a text per error."""
    return [f"line {line}: {wrong.field} {wrong.detail}".replace(":  ", ": ") for wrong in errors]


def ignored_columns(schema: CustomerSchema, header: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a file that the model has no use for."""
    used = {name for _, name in _used(schema, header)}
    found = match_header(schema, header).columns
    return tuple(cell for cell, name in zip(header, found, strict=True) if name not in used)


def _columns(schema: CustomerSchema, header: Sequence[str]) -> list[tuple[int, str]]:
    match = match_header(schema, header)
    problems = []
    if match.missing:
        problems.append(f"line 1: columns are missing: {', '.join(match.missing)}")
    if match.duplicate:
        problems.append(f"line 1: columns stand there twice: {', '.join(match.duplicate)}")
    if problems:
        raise CustomerFileError(problems)
    return list(_used(schema, header))


def _used(schema: CustomerSchema, header: Sequence[str]) -> Iterator[tuple[int, str]]:
    wanted = {field.name for field in schema.features} | {schema.id}
    for index, name in enumerate(match_header(schema, header).columns):
        if name is not None and name in wanted:
            yield index, name
