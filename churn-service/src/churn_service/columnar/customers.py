"""Checked columns as the customers they stand for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

from churn_contract.schema import CustomerSchema
from churn_contract.validation import Customer
from churn_service.artefact.document import ModelDocument
from churn_service.column_customers import ColumnCustomers, OddValues
from churn_service.columnar.block import Block
from churn_service.columnar.counting import counted, odd_values
from churn_service.columnar.ids import Ids
from churn_service.columnar.predictions import ScoredColumns
from churn_service.columnar.scorers import ColumnScorers
from churn_service.columnar.values import value_of


class CheckedColumns(NamedTuple):
    """Customers without a fault: their features, and their ids when they have any."""

    block: Block
    ids: Ids | None = None


class CustomersInColumns(ColumnCustomers):
    """Customers of one body, scored and counted column by column."""

    def __init__(
        self, schema: CustomerSchema, checked: CheckedColumns, scorers: ColumnScorers
    ) -> None:
        self._schema, self._scorers = schema, scorers
        self.block, self.ids = checked

    def scored_by(self, version: str, document: ModelDocument) -> ScoredColumns:
        """Return one prediction per customer, in their order."""
        scores = self._scorers.of(version, document).score(self.block)
        return ScoredColumns(version, document, scores, self.ids)

    def odd_values(self) -> list[OddValues]:
        """Count the odd values of each feature, in the order of the schema."""
        return list(map(odd_values, self.block.columns))

    def bins(self, edges: Sequence[Sequence[float]]) -> list[list[int]]:
        """Count each feature in the bins of a reference; see `ColumnCustomers`."""
        return list(map(counted, self.block.columns, edges))

    def __len__(self) -> int:
        """Return how many customers there are."""
        return self.block.rows

    @overload
    def __getitem__(self, row: int) -> Customer: ...

    @overload
    def __getitem__(self, row: slice) -> Sequence[Customer]: ...

    def __getitem__(self, row: int | slice) -> Customer | Sequence[Customer]:
        """Return one customer, or a list of some."""
        if isinstance(row, slice):
            return [self._one(index) for index in range(*row.indices(len(self)))]
        return self._one(range(len(self))[row])

    def __iter__(self) -> Iterator[Customer]:
        """Yield every customer."""
        return map(self._one, range(len(self)))

    def _one(self, row: int) -> Customer:
        pairs = zip(self._schema.features, self.block.columns, strict=True)
        values = tuple(value_of(field, column, row) for field, column in pairs)
        return Customer(self.ids.text(row) if self.ids else None, values)
