"""The contract's errors.

ContractError
├── SchemaError            the schema itself cannot be used
├── MalformedBodyError     a body is not JSON                       (400)
├── TooManyRowsError       a body holds more customers than allowed (413)
└── InvalidCustomersError  customers do not fit the schema          (422)
"""

from churn_contract.problem import FieldError


class ContractError(ValueError):
    """Base of everything that the contract raises."""


class SchemaError(ContractError):
    """A schema cannot be used; the text names the field and the rule."""


class MalformedBodyError(ContractError):
    """A body is not the JSON that RFC 8259 describes.

    Attributes:
        detail: What is wrong, without repeating the body.
        offset: Byte at which it is wrong; None when no byte can be blamed.
    """

    def __init__(self, detail: str, offset: int | None = None) -> None:
        super().__init__(detail if offset is None else f"{detail} (byte {offset})")
        self.detail = detail
        self.offset = offset


class TooManyRowsError(ContractError):
    """A body holds more customers than one request may carry."""

    def __init__(self, rows: int, limit: int) -> None:
        super().__init__(f"{rows} customers in one body, at most {limit} are allowed; split it")
        self.rows = rows
        self.limit = limit


class InvalidCustomersError(ContractError):
    """At least one customer does not fit the schema.

    Attributes:
        errors: What is wrong, in the order of the body; the first hundred.
        total: How many errors there are, the ones not kept included.
    """

    def __init__(self, errors: tuple[FieldError, ...], total: int | None = None) -> None:
        self.errors = errors
        self.total = len(errors) if total is None else total
        first = f", first: {errors[0].field or 'body'}: {errors[0].detail}" if errors else ""
        super().__init__(f"{self.total} wrong field(s){first}")
