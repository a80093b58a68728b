"""Match the columns of a foreign model with those of the table."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from churn_contract.cells import NO_WORDS, YES_WORDS
from churn_contract.schema import CustomerSchema, Field, canonical_name
from churn_contract.validation import Customer
from churn_service.training.config import nearest
from churn_service.training.dataset import Dataset
from churn_service.training.errors import ForeignModelError
from churn_service.training.imports.evaluation import Read, evaluate
from churn_service.training.imports.found import Boosted, Encoded, Found, Linear
from churn_service.training.imports.numbers import number_reader


@dataclass(frozen=True)
class Matched:
    """A foreign model and a table whose features are those that the model reads.

    Attributes:
        model: The model; a higher score means churn.
        dataset: The customers, with the features that the model reads alone.
        places: For each column of the model its feature's place in the schema.
    """

    model: Linear | Boosted
    dataset: Dataset
    places: tuple[int, ...]

    @property
    def schema(self) -> CustomerSchema:
        """The schema that the imported version serves."""
        return self.dataset.schema

    @cached_property
    def readers(self) -> tuple[Read, ...]:
        """For each column of the model what makes its number of a value."""
        with_levels = {
            place
            for place, column in zip(self.places, self.model.columns, strict=True)
            if column.levels is not None
        }
        return tuple(
            number_reader(column, has_levels=place in with_levels)
            for place, column in zip(self.places, self.model.columns, strict=True)
        )

    def logit(self, customer: Customer) -> float:
        """Return a customer's score by the model as it was found."""
        values = [customer.values[place] for place in self.places]
        return evaluate(self.model, self.readers, values)

    def columns_of(self, place: int) -> list[int]:
        """Return which columns of the model are made of a feature."""
        return [column for column, each in enumerate(self.places) if each == place]


def match(found: Found, dataset: Dataset) -> Matched:
    """Return the model beside the table's customers.

    Raises:
        ForeignModelError: When the table lacks a column, or has it otherwise.
    """
    model = _towards_churn(found, dataset.schema)
    schema = _adapted(dataset.schema, model.columns)
    kept = [dataset.schema.features.index(dataset.schema.field(f.name)) for f in schema.features]
    customers = tuple(_projected(customer, kept, schema) for customer in dataset.customers)
    names = {field.name: place for place, field in enumerate(schema.features)}
    return Matched(
        model=model,
        dataset=dataclasses.replace(dataset, schema=schema, customers=customers),
        places=tuple(names[canonical_name(column.column)] for column in model.columns),
    )


def _towards_churn(found: Found, schema: CustomerSchema) -> Linear | Boosted:
    """Return the model turned so that its higher scores mean the positive outcome."""
    positive = schema.outcome.positive if schema.outcome else ""
    low, high = map(canonical_name, found.classes)
    if high == positive or (high in YES_WORDS and low in NO_WORDS and low != positive):
        return found.model
    if low == positive:
        return _turned(found.model)
    raise ForeignModelError(
        f"the model tells {found.classes[0]!r} and {found.classes[1]!r} apart, but [data] positive "
        f"is {positive!r}; write the one that means churn there"
    )


def _turned(model: Linear | Boosted) -> Linear | Boosted:
    change = msgspec.structs.replace
    if isinstance(model, Linear):
        weights = tuple(-weight for weight in model.weights)
        return change(model, weights=weights, intercept=-model.intercept)
    trees = tuple(tuple(change(node, value=-node.value) for node in tree) for tree in model.trees)
    return change(model, trees=trees, base=-model.base)


def _adapted(schema: CustomerSchema, columns: Sequence[Encoded]) -> CustomerSchema:
    """Return the schema whose features are what the model reads, with its levels too."""
    by_name: dict[str, list[Encoded]] = {}
    for column in columns:
        by_name.setdefault(canonical_name(column.column), []).append(column)
    features = {field.name: field for field in schema.features}
    for name in by_name:
        if name not in features:
            raise ForeignModelError(_lacking(name, schema, list(features)))
    fields = tuple(
        _field(field, by_name.get(field.name)) if field.role == "feature" else field
        for field in schema.fields
    )
    return msgspec.structs.replace(schema, fields=fields)


def _lacking(name: str, schema: CustomerSchema, features: list[str]) -> str:
    if schema.find(name) is not None:
        return (
            f"the model reads {name}, which is no feature of the table; give [columns.{name}] "
            'a type, or allow what speaks against it (see "churn findings")'
        )
    return f"the model reads {name!r}, which the table does not have{nearest(name, features)}"


def _field(field: Field, columns: list[Encoded] | None) -> Field:
    if columns is None:
        return msgspec.structs.replace(field, role="ignored")
    return _number(field, columns) if field.kind == "number" else _with_levels(field, columns)


def _number(field: Field, columns: list[Encoded]) -> Field:
    """Return a number field; what the model puts for missing numbers is its blank."""
    if all(column.levels is not None for column in columns):
        raise ForeignModelError(
            f"the model has levels of {field.name}, which is a number in the table; add "
            f'[columns.{field.raw or field.name}] type = "category" to the training file'
        )
    blanks = {column.blank for column in columns if column.levels is None}
    if not field.nullable or blanks == {None}:
        return field
    if len(blanks) > 1:
        raise ForeignModelError(f"the model fills missing values of {field.name} in two ways")
    return msgspec.structs.replace(field, blank=blanks.pop(), nullable=False)


def _with_levels(field: Field, columns: list[Encoded]) -> Field:
    """Return a field that also takes the levels which the model alone knows."""
    raw = {level: level for level in field.levels}
    raw |= dict(zip(field.levels, field.raw_levels, strict=False))
    named = [level for column in columns for level in column.levels or ()]
    if field.kind == "category":
        for level in named:
            if level.strip():
                raw.setdefault(canonical_name(level), level)
    levels, spelled = tuple(raw), tuple(raw.values())
    kept = () if spelled == levels else spelled
    return msgspec.structs.replace(field, levels=levels, raw_levels=kept)


def _projected(customer: Customer, kept: Sequence[int], schema: CustomerSchema) -> Customer:
    values = [
        field.blank if (value := customer.values[place]) is None else value
        for place, field in zip(kept, schema.features, strict=True)
    ]
    return Customer(customer.customer_id, tuple(values))
