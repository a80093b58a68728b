"""Read the customers of a table with the same validator that serves them."""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
import numpy as np

from churn_contract.schema import CustomerSchema, Field, canonical_name
from churn_contract.validation import Customer, InvalidCustomersError, Validator
from churn_service.training.config import TrainConfig
from churn_service.training.content import is_number
from churn_service.training.dataset import Dataset, Labels, Weights
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
    if repeated and not config.repeated_ids:
        findings = [*findings, Finding("", "warning", f"{repeated} rows repeat another row")]
    return Dataset(
        table=table,
        schema=schema,
        customers=customers,
        keys=keys,
        churned=_labels(table, schema),
        findings=tuple(findings),
        weights=_weights(table, config),
    )


def with_training_range(schema: CustomerSchema, customers: Sequence[Customer]) -> CustomerSchema:
    """Return the schema whose training ranges are those of these customers."""
    index = {field.name: place for place, field in enumerate(schema.features)}
    fields = []
    for field in schema.fields:
        if field.name in index and field.kind == "number":
            seen = [customer.values[index[field.name]] for customer in customers]
            fields.append(_narrowed(field, [value for value in seen if isinstance(value, float)]))
        else:
            fields.append(field)
    return msgspec.structs.replace(schema, fields=tuple(fields))


def _narrowed(field: Field, seen: list[float]) -> Field:
    if not seen:
        raise DataError(f"column {field.raw or field.name}: no customer of the fit has a value")
    return msgspec.structs.replace(field, lowest=min(seen), highest=max(seen))


def _read_customers(table: Table, schema: CustomerSchema) -> tuple[Customer, ...]:
    validator = Validator(schema)
    wanted = _wanted_columns(table, schema)
    numbers = {field.name for field in schema.features if field.kind == "number"}
    customers = []
    for line, row in zip(table.lines, table.rows, strict=True):
        cells = {
            name: "" if name in numbers and not is_number(row[index]) else row[index]
            for name, index in wanted
        }
        try:
            customers.append(validator.check_text(cells))
        except InvalidCustomersError as error:
            raise DataError(f"line {line}: {error}") from error
    return tuple(customers)


def _wanted_columns(table: Table, schema: CustomerSchema) -> list[tuple[str, int]]:
    wanted = {field.name for field in schema.features} | {schema.id}
    return [(name, index) for index, name in enumerate(table.names) if name in wanted]


def _labels(table: Table, schema: CustomerSchema) -> Labels:
    outcome = schema.outcome
    if outcome is None:
        raise DataError("the schema names no outcome")
    cells = table.column(table.names.index(outcome.field))
    return np.array([canonical_name(cell) == outcome.positive for cell in cells], dtype=np.int64)


def _weights(table: Table, config: TrainConfig) -> Weights:
    if config.weight is None:
        return np.ones(len(table.rows))
    index = table.names.index(canonical_name(config.weight))
    for line, cell in zip(table.lines, table.column(index), strict=True):
        if not is_number(cell) or float(cell) <= 0:
            raise DataError(
                f"line {line}: the weight {table.header[index]} must be a number above 0, "
                f"it is {cell!r}"
            )
    return np.array(table.column(index), dtype=np.float64)


def _row_key(customer: Customer) -> str:
    return blake2b(repr(customer.values).encode(), digest_size=16).hexdigest()
