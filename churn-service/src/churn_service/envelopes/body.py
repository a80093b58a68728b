"""Customers of one body, whatever its form: as read, and how to read them again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

from churn_contract.validation import Customer, Validator


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


@dataclass(frozen=True)
class CheckedRecords:
    """Customers that came as mappings of JSON values, or of text cells."""

    records: Sequence[object]
    customers: list[Customer]
    text: bool = False

    @classmethod
    def read(cls, records: Sequence[object], validator: Validator, *, text: bool = False) -> Self:
        """Check records; ContractError when one does not fit."""
        return cls(records, validator.check_all(records, text=text), text)

    def reread(self, validator: Validator) -> Self:
        """Check the records again, by another version's schema."""
        return replace(self, customers=validator.check_all(self.records, text=self.text))
