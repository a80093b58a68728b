"""The fast pass: one msgspec decode of a body that has nothing unusual in it."""

import operator
from collections.abc import Callable, Mapping, Sequence
from types import GenericAlias
from typing import Annotated, Any, Literal

import msgspec

from churn_contract.cells import LONGEST_ID, Value, json_words, missing_value
from churn_contract.schema import CustomerSchema, Field

_SHORT = msgspec.Meta(max_length=LONGEST_ID)
_INT64 = msgspec.Meta(ge=-(2**63), le=2**63 - 1)
_Id = Annotated[str, _SHORT] | Annotated[int, _INT64] | msgspec.UnsetType | None


class Customer(msgspec.Struct, frozen=True, gc=False):
    """One checked customer; the collector need not look at it, as it can form no cycle.

    Attributes:
        customer_id: As sent; None when there was none.
        values: One per feature of the schema, in its order: a canonical level, a
            number as float, or None when it is missing.
    """

    customer_id: str | None
    values: tuple[Value, ...]


Row = Any  # a struct made per schema: members f0, f1, ... as decoded, and customer_id


class StrictDecoder:
    """Decode bodies in canonical spelling; leave everything else to the slow pass.

    Attributes:
        row: Decodes one customer to its row, the least that scoring needs; None when
            the body is not one customer or needs the slow pass.
        customers: Returns rows as customers, all values canonical.
        translations: By feature, what members of a row stand for; others are canonical.
    """

    def __init__(self, schema: CustomerSchema) -> None:
        row = _row_type(schema)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_one_or_many(row))
        self._rows: Any = GenericAlias(list, (row,))
        self._width = len(schema.features)
        tables = ((index, _translation(field)) for index, field in enumerate(schema.features))
        self.translations = {index: table for index, table in tables if table}
        self.customers = _customers_reader(self._width, self.translations)
        self.row = _row_reader(msgspec.json.Decoder(row), self._width)

    def decode(self, body: bytes) -> Customer | list[Customer] | None:
        """Return the customers, or None when the body needs the slow pass."""
        found = self._found(body)
        if found is None:
            return None
        return self.customers(found) if isinstance(found, list) else self.customer(found)

    def rows(self, body: bytes) -> list[Row] | None:
        """Return the rows of an array, or None when the body is none or needs the slow pass."""
        found = self._found(body)
        return found if isinstance(found, list) else None

    def _found(self, body: bytes) -> list[Row] | Row | None:
        try:
            found = self._decoder.decode(body)
        except (ValueError, RecursionError):  # UnicodeDecodeError is no MsgspecError
            return None
        rows = found if isinstance(found, list) else [found]
        return found if self._has_no_extra_comma(body, rows) else None

    def convert(self, records: Sequence[object]) -> list[Customer] | None:
        """Return records of JSON values as customers, or None when they need the slow pass.

        Equal keys cannot stand in them any more, and NaN is within no limits.
        """
        try:
            rows = msgspec.convert(records, self._rows)
        except (ValueError, RecursionError):
            return None
        return self.customers(rows)

    def _has_no_extra_comma(self, body: bytes, rows: list[Any]) -> bool:
        """Prove that no key stands twice, of which msgspec would silently take the last.

        A body without equal keys has one comma less than members; a comma inside a
        string makes one too many as well, which costs the slow pass and nothing else.
        """
        with_id = sum(row.customer_id is not msgspec.UNSET for row in rows)
        members = len(rows) * self._width + with_id
        return body.count(b",") == max(members - 1, 0)

    def customer(self, row: Row) -> Customer:
        """Return a row as a customer, all values canonical."""
        [customer] = self.customers((row,))
        return customer


def _row_reader(decoder: "msgspec.json.Decoder[Row]", width: int) -> Callable[[bytes], Row | None]:
    """Return the function from a body to its one customer; None needs the slow pass."""
    decode, count, unset = decoder.decode, bytes.count, msgspec.UNSET
    without_id, with_id = max(width - 1, 0), width

    def row(body: bytes) -> Row | None:
        try:
            found = decode(body)
        except (ValueError, RecursionError):  # UnicodeDecodeError is no MsgspecError
            return None
        commas = without_id if found.customer_id is unset else with_id
        return found if count(body, b",") == commas else None

    return row


def _customers_reader(
    width: int, translations: Mapping[int, Mapping[Any, Value]]
) -> Callable[[Sequence[Row]], list[Customer]]:
    """Return the function from rows to customers.

    One loop, with the members of a row written out, takes half the time of a loop over
    the members. The source holds whole numbers alone.
    """
    members = "".join(f"x{index}, " for index in range(width))
    values = "".join(
        f"t{index}(x{index}, x{index}), " if index in translations else f"x{index}, "
        for index in range(width)
    )
    lines = (
        "def customers(rows):",
        "    found = []",
        "    append = found.append",
        "    for row in rows:",
        f"        {members}given, = astuple(row)",
        "        given = (given.strip() or None) if given.__class__ is str else id_text(given)",
        f"        append(Customer(given, ({values})))",
        "    return found",
    )
    namespace: dict[str, Any] = {f"t{index}": table.get for index, table in translations.items()}
    namespace |= {"Customer": Customer, "id_text": id_text, "astuple": msgspec.structs.astuple}
    exec(compile("\n".join(lines), "<customers>", "exec"), namespace)  # noqa: S102 - see above
    found: Callable[[Sequence[Row]], list[Customer]] = namespace["customers"]
    return found


def id_text(customer_id: Any) -> str | None:
    """Return the id of a row as customers have it; None when there was none."""
    if customer_id is None or customer_id is msgspec.UNSET:
        return None
    return str(customer_id).strip() or None


def _row_type(schema: CustomerSchema) -> Any:
    """Return a struct class with one member per feature and the id as its last."""
    features = schema.features
    members: list[Any] = [(f"f{index}", _type(field)) for index, field in enumerate(features)]
    names = {f"f{index}": field.name for index, field in enumerate(features)}
    if schema.id is None:
        members.append(("customer_id", msgspec.UnsetType, msgspec.UNSET))
    else:
        members.append(("customer_id", _Id, msgspec.UNSET))
        names["customer_id"] = schema.id
    return msgspec.defstruct(
        "Row", members, rename=names, frozen=True, gc=False, forbid_unknown_fields=True
    )


def _one_or_many(row: Any) -> Any:
    return row | GenericAlias(list, (row,))


def _type(field: Field) -> Any:
    plain = _number_type(field) if field.kind == "number" else _level_type(field)
    return plain | None if field.accepts_missing else plain


def _number_type(field: Field) -> Any:
    return Annotated[float, msgspec.Meta(ge=field.minimum, le=field.maximum)]


def _level_type(field: Field) -> Any:
    if field.is_zero_one and len(field.levels) == 2:
        return bool | _literal("0", "1", 0, 1)
    return _literal(*field.levels)


def _literal(*words: str | int) -> Any:
    return operator.getitem(Literal, words)


def _translation(field: Field) -> dict[Any, Value]:
    """Map what the decoder may return to canonical values; empty when nothing changes."""
    table: dict[Any, Value] = {None: missing_value(field)} if field.blank is not None else {}
    return table | (json_words(field) if field.is_zero_one else {})
