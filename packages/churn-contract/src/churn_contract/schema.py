"""The customer schema: what a customer looks like, as data."""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from importlib import resources
from itertools import chain
from typing import Literal

import msgspec

from churn_contract.errors import SchemaError

Kind = Literal["category", "number", "boolean", "text"]
Role = Literal["feature", "id", "outcome", "contact", "ignored"]
CONTRACT_VERSION = 1


def canonical_name(text: str) -> str:
    """Return the canonical spelling: trimmed, lower case, blanks to `_`."""
    return re.sub(r"\s", "_", text.strip().lower())


class Field(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One column of the customer table.

    Attributes:
        name: Canonical name, unique in the schema.
        raw: Name as in the file; empty when it equals `name`.
        kind: What the values are.
        role: What the column is for; only features reach the model.
        levels: Canonical spellings of a category or boolean, in order.
        raw_levels: The file's spellings, parallel to `levels`; empty when equal.
        minimum: Lowest value that is accepted; every number feature has one.
        maximum: Highest value that is accepted; every number feature has one.
        lowest: Lowest value seen in training; smaller ones are clamped.
        highest: Highest value seen in training; larger ones are clamped.
        nullable: Whether a value may be missing.
        blank: The value that null or an empty cell stands for.
        unknown: Whether an unseen level is an error or counts as `other`.
        actionable: Whether the company can change it for a customer.
        sensitive: Whether decisions are checked for fairness by it.
        unit: Unit of a number, for people.
        label: Title for people; empty when the name will do.
        help: One sentence for people who fill in the form.
    """

    name: str
    raw: str = ""
    kind: Kind
    role: Role = "feature"
    levels: tuple[str, ...] = ()
    raw_levels: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    lowest: float | None = None
    highest: float | None = None
    nullable: bool = False
    blank: float | str | None = None
    unknown: Literal["error", "other"] = "error"
    actionable: bool = False
    sensitive: bool = False
    unit: str = ""
    label: str = ""
    help: str = ""

    def __post_init__(self) -> None:
        for name in ("minimum", "maximum", "lowest", "highest", "blank"):
            value = getattr(self, name)
            if isinstance(value, int):  # 0 and 0.0 must not have two digests
                msgspec.structs.force_setattr(self, name, float(value))
        problems = list(_field_problems(self))
        if problems:
            raise SchemaError(f"field {self.name!r}: {'; '.join(problems)}")

    @property
    def accepts_missing(self) -> bool:
        """Whether null in JSON and an empty cell in a file are accepted."""
        return self.nullable or self.blank is not None

    @property
    def is_zero_one(self) -> bool:
        """Whether it is a boolean that the file writes as 0 and 1."""
        return self.kind == "boolean" and set(self.levels) <= {"0", "1"}


class OutcomeField(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The column to learn: its name, the level that means churn, the time it looks ahead."""

    field: str
    positive: str
    horizon_days: int | None = None


class CustomerSchema(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, dict=True
):
    """What a customer looks like; one object serves every use.

    Attributes:
        name: Name of the table, for people.
        contract: Version of the contract this schema is written in.
        id: Canonical name of the column that identifies a customer.
        outcome: The column to learn; never part of a request.
        fields: Columns in order.
    """

    name: str
    contract: int = CONTRACT_VERSION
    id: str | None = None
    outcome: OutcomeField | None = None
    fields: tuple[Field, ...] = ()

    def __post_init__(self) -> None:
        problems = list(_schema_problems(self))
        if problems:
            raise SchemaError("; ".join(problems))

    @cached_property
    def features(self) -> tuple[Field, ...]:
        """The fields that the model reads, in order."""
        return tuple(field for field in self.fields if field.role == "feature")

    @cached_property
    def digest(self) -> str:
        """Sha256 (hex) of all that decides which customers are valid and what they mean."""
        counting = ("name", "kind", "levels", "minimum", "maximum", "nullable", "blank", "role")
        rows = [{key: getattr(field, key) for key in counting} for field in self.fields]
        return hashlib.sha256(msgspec.json.encode(rows, order="sorted")).hexdigest()

    @cached_property
    def _spellings(self) -> dict[str, Field]:
        table = {}
        for field in (*_implied_fields(self), *self.fields):
            table[canonical_name(field.raw)] = table[field.raw] = field
            table[field.name] = field
        table.pop("", None)
        return table

    def field(self, name: str) -> Field:
        """Return the field with this canonical name; SchemaError when there is none."""
        found = self.find(name)
        if found is None or found.name != name:
            raise SchemaError(f"the schema {self.name!r} has no field {name!r}")
        return found

    def find(self, spelling: str) -> Field | None:
        """Return the field that a canonical or raw spelling names, or None."""
        return self._spellings.get(spelling) or self._spellings.get(canonical_name(spelling))

    def to_json(self) -> bytes:
        """Encode canonically: sorted keys, no spaces, UTF-8."""
        return msgspec.json.encode(self, order="sorted")

    @classmethod
    def from_json(cls, data: bytes) -> "CustomerSchema":
        """Decode and check a schema; SchemaError names the field and the rule."""
        try:
            return msgspec.json.decode(data, type=cls)
        except (ValueError, RecursionError) as error:
            raise SchemaError(_with_field_name(str(error), data)) from error


def training_range(field: Field) -> tuple[float, float]:
    """Return the range of a number feature seen in training, else its hard limits."""
    low = field.minimum if field.lowest is None else field.lowest
    high = field.maximum if field.highest is None else field.highest
    return low or 0.0, high or 0.0


def demo_schema() -> CustomerSchema:
    """Return the packaged schema of the demo customers."""
    packaged = resources.files("churn_contract") / "schemas" / "telco.json"
    return CustomerSchema.from_json(packaged.read_bytes())


def _implied_fields(schema: CustomerSchema) -> Iterator[Field]:
    """Yield the id and outcome columns, which a schema may name without describing."""
    if schema.id is not None:
        yield Field(name=schema.id, kind="text", role="id")
    if schema.outcome is not None:
        yield Field(name=schema.outcome.field, kind="text", role="outcome")


def _with_field_name(message: str, data: bytes) -> str:
    """Put the field's name behind the decoder's `fields[3]`."""
    found = re.search(r"fields\[(\d+)\]", message)
    if found is None:
        return message
    entry = msgspec.json.decode(data)["fields"][int(found.group(1))]
    name = entry.get("name") if isinstance(entry, dict) else None
    return message if name is None else f"{message}, field {name!r}"


def _field_problems(field: Field) -> Iterator[str]:
    if not field.name or canonical_name(field.name) != field.name:
        yield f"the name must be canonical: {canonical_name(field.name)!r}"
    if len(field.raw_levels) not in {0, len(field.levels)}:
        yield "raw_levels must be parallel to levels"
    if field.role == "feature":
        yield from _FEATURE_PROBLEMS[field.kind](field)


def _number_problems(field: Field) -> Iterator[str]:
    if field.minimum is None or field.maximum is None:
        yield "a number feature needs minimum and maximum"
        return
    order = [field.minimum, *training_range(field), field.maximum]
    if sorted(order) != order or not all(map(math.isfinite, order)):
        yield "must hold, all finite: minimum <= lowest <= highest <= maximum"
    if not _is_within(field.blank, field.minimum, field.maximum):
        yield "blank must be a number between minimum and maximum"


def _is_within(blank: float | str | None, low: float, high: float) -> bool:
    if blank is None:
        return True
    return not isinstance(blank, str) and low <= blank <= high


def _level_problems(field: Field) -> Iterator[str]:
    if not _are_canonical(field.levels):
        yield "levels must be given, each one once, trimmed, lower case, blanks as _"
    if field.kind == "boolean" and len(field.levels) > 2:
        yield "a boolean has one or two levels"
    if field.blank not in {None, *field.levels}:
        yield "blank must be one of the levels"


def _text_problems(field: Field) -> Iterator[str]:
    yield from _level_problems(field)
    yield "a feature is a category, a number or a boolean"


_FEATURE_PROBLEMS = {
    "number": _number_problems,
    "category": _level_problems,
    "boolean": _level_problems,
    "text": _text_problems,
}


def _are_canonical(levels: tuple[str, ...]) -> bool:
    canonical = {canonical_name(level) for level in levels} - {""}
    return bool(levels) and sorted(canonical) == sorted(levels)


def _schema_problems(schema: CustomerSchema) -> Iterator[str]:
    if schema.contract != CONTRACT_VERSION:
        yield f"contract {schema.contract} is not supported, this is contract {CONTRACT_VERSION}"
    yield from _name_problems(schema)
    yield from _role_problems(schema)


def _name_problems(schema: CustomerSchema) -> Iterator[str]:
    spellings = ({field.name, canonical_name(field.raw)} - {""} for field in schema.fields)
    for name, times in Counter(chain.from_iterable(spellings)).items():
        if times > 1:
            yield f"field {name!r}: {times} fields meet in this name"


def _role_problems(schema: CustomerSchema) -> Iterator[str]:
    roles = {field.name: field.role for field in _implied_fields(schema)}
    for field in schema.fields:
        stated = field.role if field.role in {"id", "outcome"} else None
        if roles.get(field.name) != stated:
            yield f"field {field.name!r}: the schema must name it as its id or outcome, as its role"
