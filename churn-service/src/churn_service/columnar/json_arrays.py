"""Long JSON arrays, decoded row by row, then scored and counted column by column."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from churn_contract.schema import Field
from churn_contract.strict import id_text
from churn_contract.validation import Validator
from churn_service.columnar.block import Block, Codes, Column, LevelColumn, NumberColumn
from churn_service.columnar.customers import CheckedColumns, CustomersInColumns
from churn_service.columnar.ids import ids_of
from churn_service.columnar.scorers import ColumnScorers
from churn_service.envelopes.body import Body
from churn_service.envelopes.form import Ask
from churn_service.envelopes.json import JsonEnvelope, reader_again
from churn_service.errors import REFUSALS, refusal_of

_BYTE = 256
Translation = Mapping[Any, Any]


class ArrayEnvelope(JsonEnvelope):
    """Takes the short way for arrays in canonical spelling; all else goes the usual one."""

    def __init__(self, scorers: ColumnScorers | None = None) -> None:
        self._scorers = scorers or ColumnScorers()

    def read(self, content: bytes, ask: Ask) -> Body:
        """Read customers; see `JsonEnvelope`."""
        validator = ask.validator
        usual = ask.is_lenient or validator.ignores_unknown
        rows = None if usual else validator.strict.rows(content)
        if not rows:
            return super().read(content, ask)
        try:
            validator.check_length(rows)
        except REFUSALS as error:
            raise refusal_of(error) from error
        customers = CustomersInColumns(validator.schema, _columns(validator, rows), self._scorers)
        return Body(customers, reader_again(content))


def _columns(validator: Validator, rows: Sequence[Any]) -> CheckedColumns:
    *members, ids = zip(*map(msgspec.structs.astuple, rows), strict=True)
    translations = validator.strict.translations
    columns = tuple(
        _column(field, values, translations.get(index, {}))
        for index, (field, values) in enumerate(
            zip(validator.schema.features, members, strict=True)
        )
    )
    return CheckedColumns(Block(len(rows), columns), ids_of(_id_texts(ids)))


def _id_texts(ids: Sequence[Any]) -> list[str | None]:
    """Return ids as `id_text` does, in place for those that are texts: most are."""
    return [(given.strip() or None) if given.__class__ is str else id_text(given) for given in ids]


def _column(field: Field, values: Sequence[Any], translation: Translation) -> Column:
    if field.kind == "number":
        numbers = np.array(values, dtype=np.float64)  # None becomes NaN
        if None in translation:
            numbers[np.isnan(numbers)] = translation[None]
        return NumberColumn(numbers)
    count = len(field.levels)
    places: dict[Any, int] = {level: place for place, level in enumerate(field.levels)}
    places[None] = count + 1
    places |= {given: places[level] for given, level in translation.items()}
    return LevelColumn(_codes(places, values, count + 2), np.arange(count + 2), count)


def _codes(places: Mapping[Any, int], values: Sequence[Any], size: int) -> Codes:
    found = map(places.__getitem__, values)
    if size <= _BYTE:
        return np.frombuffer(bytes(found), dtype=np.uint8)
    return np.fromiter(found, dtype=np.intp, count=len(values))
