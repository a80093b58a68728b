"""Score the rows of a customer file: all of them, or an error for each bad one."""

from collections.abc import Iterable, Iterator, Sequence

from churn_contract.errors import InvalidCustomersError
from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema
from churn_contract.tabular import match_header
from churn_contract.validation import Customer
from churn_service.envelopes.csv import HEADER, output_row
from churn_service.predictor import Predictor

__all__ = ["HEADER", "output_row"]
Row = tuple[int, Sequence[str]]


class CustomerFileError(ValueError):
    """Customers of a file cannot be scored.

    Attributes:
        problems: One text per problem, the line of the file first.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def score_rows(
    predictor: Predictor, header: Sequence[str], rows: Iterable[Row]
) -> Sequence[Prediction]:
    """Return one prediction per row, in their order; arguments as of `check_rows`.

    Raises:
        CustomerFileError: With every problem; nothing is scored then.
    """
    return predictor.predict(check_rows(predictor, header, rows))


def check_rows(predictor: Predictor, header: Sequence[str], rows: Iterable[Row]) -> list[Customer]:
    """Return one customer per row, in their order.

    Args:
        predictor: The version whose schema the rows must fit.
        header: Column names, canonical or as in the training file.
        rows: Line number and cells of each customer.

    Raises:
        CustomerFileError: With every problem.
    """
    columns = _columns(predictor.schema, header)
    customers, problems = [], []
    for line, cells in rows:
        record = {name: cells[index] for index, name in columns}
        try:
            customers.append(predictor.validator.check_text(record))
        except InvalidCustomersError as error:
            problems += _complaints(line, error)
    if problems:
        raise CustomerFileError(problems)
    return customers


def _complaints(line: int, error: InvalidCustomersError) -> list[str]:
    return [f"line {line}: {wrong.field} {wrong.detail}" for wrong in error.errors]


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
