"""The fast pass over records of text cells that have nothing unusual in them."""

from collections.abc import Callable, Mapping, Sequence

from churn_contract.cells import LONGEST_ID, LevelReader, Value, missing_value, spellings
from churn_contract.schema import CustomerSchema, Field
from churn_contract.strict import Customer

Cells = list[str]
_UNUSUAL = (KeyError, ValueError, TypeError, AttributeError)  # the last two: cells of no text
_PLAIN = frozenset("0123456789.-")  # of these, `float` takes what a number may be, no more


class TextColumns:
    """Read records column by column; leave everything else to the slow pass."""

    def __init__(self, schema: CustomerSchema) -> None:
        self._id = schema.id
        self._readers = [(field.name, _reader(field)) for field in schema.features]

    def convert(self, records: Sequence[object]) -> list[Customer] | None:
        """Return records as customers, or None when one needs the slow pass."""
        if not records or not all(isinstance(record, dict) for record in records):
            return None
        try:
            return self._converted(records)  # type: ignore[arg-type]  # seen to be dicts
        except _UNUSUAL:
            return None

    def _converted(self, records: Sequence[Mapping[str, str]]) -> list[Customer]:
        """Return customers; one of `_UNUSUAL` when a cell or a name is unusual."""
        has_id = self._id is not None and self._id in records[0]
        width = len(self._readers) + has_id
        if any(len(record) != width for record in records):
            raise KeyError
        columns = [read([record[name] for record in records]) for name, read in self._readers]
        rows = zip(*columns, strict=True) if columns else [()] * len(records)
        ids = [record[self._id or ""] for record in records] if has_id else [""] * len(records)
        return list(map(Customer, _ids(ids), rows))


def _ids(cells: Cells) -> list[str | None]:
    if max(map(len, cells)) > LONGEST_ID:
        raise ValueError
    return [cell.strip() or None for cell in cells]


def _reader(field: Field) -> Callable[[Cells], list[Value]]:
    return _number_reader(field) if field.kind == "number" else _level_reader(field)


def _number_reader(field: Field) -> Callable[[Cells], list[Value]]:
    low, high = field.minimum or 0.0, field.maximum or 0.0

    def read(cells: Cells) -> list[Value]:
        if not _PLAIN.issuperset("".join(cells)):
            raise ValueError
        numbers = [float(cell) for cell in cells if cell]
        if numbers and not low <= min(numbers) <= max(numbers) <= high:
            raise ValueError
        if len(numbers) == len(cells):
            return [*numbers]
        missing, present = missing_value(field), iter(numbers)
        return [next(present) if cell else missing for cell in cells]

    return read


def _level_reader(field: Field) -> Callable[[Cells], list[Value]]:
    table: dict[str, Value] = {**spellings(field)}
    read_odd = LevelReader(field).from_text

    def read(cells: Cells) -> list[Value]:
        try:
            return list(map(table.__getitem__, cells))
        except KeyError:
            return [table[cell] if cell in table else read_odd(cell) for cell in cells]

    return read
