"""Customers of one body, whatever its form: as read, and how to read them again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import msgspec

from churn_contract.prediction import Prediction
from churn_contract.problem import FieldError
from churn_contract.validation import Customer, RowErrors, Validator


class CustomerBody(Protocol):
    """What scoring needs of a body; each envelope has its own."""

    @property
    def customers(self) -> Sequence[Customer]:
        """The customers to score, in their order; bad rows are left out."""
        ...

    def reread(self, validator: Validator) -> "CustomerBody":
        """Read the customers again, in the order of another version's schema.

        Raises:
            ContractError: When they do not fit that schema; see REFUSALS.
        """
        ...


class BadRow(msgspec.Struct, frozen=True):
    """A row of a lenient answer that could not be scored.

    Attributes:
        index: Place of the row in the body, from 0.
        errors: What is wrong; pointers start at the row.
    """

    index: int
    errors: tuple[FieldError, ...]


@dataclass(frozen=True)
class Body:
    """The customers of one body of `/predict`, and what its answer must look like.

    Attributes:
        customers: The good ones, in their order.
        again: Reads the same ones with another version's validator.
        is_one: Whether the body is one customer and not a list.
        is_lenient: Whether bad rows get errors in their places.
        bad: The rows that are not scored; only in a lenient answer.
        ignored_fields: Names that no schema knows, fit for a header.
        first_row: Rows of the file before this part of it.
    """

    customers: Sequence[Customer]
    again: Callable[[Validator], Sequence[Customer]]
    is_one: bool = False
    is_lenient: bool = False
    bad: tuple[RowErrors, ...] = ()
    ignored_fields: tuple[str, ...] = ()
    first_row: int = 0

    def reread(self, validator: Validator) -> Self:
        """Read the customers again; see `CustomerBody`."""
        return replace(self, customers=self.again(validator))

    def in_place(self, predictions: Sequence[Prediction]) -> Iterator[Prediction | BadRow]:
        """Yield what the answer says of each row: its prediction, or what is wrong with it."""
        wrong = dict(self.bad)
        scored = iter(predictions)
        for row in range(len(self.customers) + len(wrong)):
            yield BadRow(self.first_row + row, wrong[row]) if row in wrong else next(scored)
