"""Read the customers of a table with the same validator that serves them."""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
import numpy as np

from churn_contract.cells import Value
from churn_contract.schema import CustomerSchema, Field, canonical_name
from churn_contract.validation import Customer, InvalidCustomersError, Validator
from churn_service.training.config import TrainConfig
from churn_service.training.content import is_number
from churn_service.training.dataset import Dataset, Labels
from churn_service.training.errors import DataError
from churn_service.training.findings import Finding
from churn_service.training.inference import infer_schema
from churn_service.training.table import Table


def build_dataset(table: Table, config: TrainConfig, name: str) -> Dataset:
    """Infer the schema of a table and read every customer with it.

    Raises:
        ConfigError, DataError: Naming key, column or line, and the cure.
    """
    schema, findings = infer_schema(table, config, name)
    customers = _read_customers(table, schema)
    keys = tuple(customer.customer_id or _row_key(customer) for customer in customers)
    repeated = len(keys) - len(set(keys))
    if repeated:
        findings = [*findings, Finding("", "warning", f"{repeated} rows repeat another row")]
    return Dataset(table, schema, customers, keys, _labels(table, schema), tuple(findings))


def with_training_range(schema: CustomerSchema, customers: Sequence[Customer]) -> CustomerSchema:
    """Return the schema whose training ranges are those of these customers."""
    columns = zip(
        schema.features, zip(*(each.values for each in customers), strict=True), strict=True
    )
    narrowed = {
        field.name: _narrowed(field, values) for field, values in columns if field.kind == "number"
    }
    fields = tuple(narrowed.get(field.name, field) for field in schema.fields)
    return msgspec.structs.replace(schema, fields=fields)


def _narrowed(field: Field, values: Sequence[Value]) -> Field:
    seen = [value for value in values if isinstance(value, float)]
    if not seen:
        raise DataError(f"column {field.raw or field.name}: no customer of the fit has a value")
    return msgspec.structs.replace(field, lowest=min(seen), highest=max(seen))


def _read_customers(table: Table, schema: CustomerSchema) -> tuple[Customer, ...]:
    validator = Validator(schema)
    wanted = _wanted_columns(table, schema)
    numbers = {field.name for field in schema.features if field.kind == "number"}
    customers = []
    for line, row in zip(table.lines, table.rows, strict=True):
        cells = {name: _readable(row[index], name in numbers) for name, index in wanted}
        try:
            customers.append(validator.check_text(cells))
        except InvalidCustomersError as error:
            raise DataError(f"line {line}: {error}") from error
    return tuple(customers)


def _readable(cell: str, is_numeric: bool) -> str:  # noqa: FBT001 - one of two kinds of column
    """Return the cell; one that is no number among numbers counts as missing."""
    return "" if is_numeric and not is_number(cell) else cell


def _wanted_columns(table: Table, schema: CustomerSchema) -> list[tuple[str, int]]:
    wanted = {field.name for field in schema.features} | {schema.id}
    return [(name, index) for index, name in enumerate(table.names) if name in wanted]


def _labels(table: Table, schema: CustomerSchema) -> Labels:
    [outcome] = (field for field in schema.fields if field.role == "outcome")
    positive = outcome.levels[-1]
    cells = table.column(table.names.index(outcome.name))
    return np.array([canonical_name(cell) == positive for cell in cells], dtype=np.int64)


def _row_key(customer: Customer) -> str:
    return blake2b(repr(customer.values).encode(), digest_size=16).hexdigest()
