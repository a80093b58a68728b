"""Read the customers of a table with the same validator that serves them."""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
import numpy as np

from churn_contract.cells import LONGEST_ID, Value, value_reader
from churn_contract.schema import CustomerSchema, Field, canonical_name
from churn_contract.strict import Customer
from churn_service.training.checks import check_customers
from churn_service.training.collector import collector_held
from churn_service.training.config import TrainConfig
from churn_service.training.content import is_number
from churn_service.training.dataset import Dataset, Labels, Weights
from churn_service.training.errors import DataError
from churn_service.training.findings import stop_at_errors
from churn_service.training.inference import infer_table
from churn_service.training.table import Table


@collector_held()
def build_dataset(table: Table, config: TrainConfig, name: str) -> Dataset:
    """Infer the schema of a table, read every customer with it and check them.

    Raises:
        ConfigError, DataError: Naming key, column or line, and the cure.
    """
    inferred = infer_table(table, config, name)
    schema = inferred.schema
    columns = [_read_column(field, inferred.cells[field.name]) for field in schema.features]
    ids = _read_ids(table, schema)
    customers = tuple(map(Customer, ids, zip(*columns, strict=True)))
    churned = _labels(table, schema)
    found = check_customers(schema, columns, churned, config, has_ids=schema.id is not None)
    stop_at_errors([*inferred.findings, *found], schema)
    return Dataset(
        table=table,
        schema=schema,
        customers=customers,
        keys=tuple(customer.customer_id or _row_key(customer) for customer in customers),
        churned=churned,
        findings=(*inferred.findings, *found),
        weights=_weights(table, config),
        monthly_value=_monthly_value(schema, columns, config),
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


def _read_column(field: Field, cells: Sequence[str]) -> list[Value]:
    """Read the cells of one feature, each text once, as serving reads it."""
    read = value_reader(field).from_text
    is_text = field.kind != "number"
    known = {
        cell: read(cell if is_text or is_number(cell) else "") for cell in dict.fromkeys(cells)
    }
    return [known[cell] for cell in cells]


def _read_ids(table: Table, schema: CustomerSchema) -> Sequence[str | None]:
    if schema.id is None:
        return [None] * len(table.rows)
    cells = table.column(table.names.index(schema.id))
    longest = max(map(len, cells))
    if longest > LONGEST_ID:
        line = table.lines[[len(cell) for cell in cells].index(longest)]
        raise DataError(f"line {line}: the id has {longest} characters, at most {LONGEST_ID}")
    return cells


def _monthly_value(
    schema: CustomerSchema, columns: Sequence[Sequence[Value]], config: TrainConfig
) -> Weights | None:
    if config.value is None:
        return None
    place = [field.name for field in schema.features].index(canonical_name(config.value))
    return np.array([np.nan if each is None else each for each in columns[place]], np.float64)


def _labels(table: Table, schema: CustomerSchema) -> Labels:
    outcome = schema.outcome
    if outcome is None:
        raise DataError("the schema names no outcome")
    cells = table.column(table.names.index(outcome.field))
    left = {cell: int(canonical_name(cell) == outcome.positive) for cell in set(cells)}
    return np.array([left[cell] for cell in cells], dtype=np.int64)


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
