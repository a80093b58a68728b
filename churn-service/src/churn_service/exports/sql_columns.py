"""The columns of a scored table in SQL: numbers, texts, and codes of levels."""

from collections.abc import Iterator, Mapping, Sequence

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.document import Scorecard, Scorer
from churn_service.exports.coded import FIRST, MISSING, UNKNOWN, code_of_missing, is_valid
from churn_service.exports.spelling import usual_spellings
from churn_service.exports.sql_dialects import Dialect, string

_TOO_MUCH = "1.7976931348623157e308"  # no customer has this number: it is out of every range


class Columns:
    """The columns f0, f1, ... of a statement, one per feature.

    A level is a code where trees or pairs ask for it more than once, and a text where one
    term does. A text without a weight makes the sum NULL by itself.
    """

    def __init__(self, schema: CustomerSchema, scorer: Scorer, dialect: Dialect) -> None:
        self.schema = schema
        self.features = schema.features
        self.dialect = dialect
        self.coded = _places_with_codes(schema, scorer)

    def typed(self) -> Iterator[str]:
        """Yield the id and one column per feature."""
        schema, dialect = self.schema, self.dialect
        id_field = schema.find(schema.id) if schema.id else None
        identity = dialect.column(id_field.raw or id_field.name) if id_field else "NULL"
        yield f"{identity} AS customer_id"
        for place, field in enumerate(self.features):
            column = dialect.column(field.raw or field.name)
            if field.kind == "number":
                read = _number(field, column, dialect)
            elif place in self.coded:
                read = _code(field, _text(field, column, dialect))
            else:
                read = _text(field, column, dialect)
            yield f"{read} AS f{place}"

    def fits(self) -> Iterator[str]:
        """Yield what must hold of columns for the row to be scored."""
        for place, field in enumerate(self.features):
            if field.kind == "number":
                yield _within(field, f"f{place}", self.dialect)
            elif place in self.coded:
                valid = is_valid(field)
                yield from (f"f{place} <> {code}" for code in _special(field) if not valid[code])

    def cases(self, place: int, by_code: Sequence[float]) -> str:
        """Return the look-up of a level's number by its code; NULL where it does not fit."""
        field, valid = self.features[place], is_valid(self.features[place])
        values = [
            self.dialect.double(v) if fits else "NULL"
            for v, fits in zip(by_code, valid, strict=True)
        ]
        if place in self.coded:
            codes = (*_special(field), *range(FIRST, FIRST + len(field.levels)))
            return _case(f"f{place}", {str(code): values[code] for code in codes})
        keys = {string(text): values[code] for text, code in _codes_of_texts(field).items()}
        return _case(f"f{place}", keys, values[UNKNOWN])


def _case(value: str, answers: Mapping[str, str], other: str = "NULL") -> str:
    cases = " ".join(f"WHEN {key} THEN {answer}" for key, answer in answers.items())
    return f"CASE {value} {cases}{'' if other == 'NULL' else f' ELSE {other}'} END"


def _minds_empty(field: Field) -> bool:
    """Tell whether an empty text must be told from one that nobody knows."""
    return field.accepts_missing or field.unknown == "other"


def _special(field: Field) -> tuple[int, ...]:
    """Return the codes besides those of levels that a column can have."""
    return (MISSING, UNKNOWN) if _minds_empty(field) and field.blank is None else (UNKNOWN,)


def _codes_of_texts(field: Field) -> dict[str, int]:
    places = {level: FIRST + place for place, level in enumerate(field.levels)}
    found = {text: places[level] for text, level in usual_spellings(field).items()}
    return found | ({"": code_of_missing(field)} if _minds_empty(field) else {})


def _places_with_codes(schema: CustomerSchema, scorer: Scorer) -> set[int]:
    levels = {place for place, field in enumerate(schema.features) if field.kind != "number"}
    if not isinstance(scorer, Scorecard):
        return levels
    paired = {name for pair in scorer.pairs for name in pair.fields}
    return {place for place in levels if schema.features[place].name in paired}


def _text(field: Field, column: str, dialect: Dialect) -> str:
    text = f"CAST({column} AS {dialect.text})"
    return f"COALESCE({text}, '')" if _minds_empty(field) else text


def _code(field: Field, text: str) -> str:
    keys = {string(text): str(code) for text, code in _codes_of_texts(field).items()}
    return _case(text, keys, str(UNKNOWN))


def _number(field: Field, column: str, dialect: Dialect) -> str:
    number = dialect.number.format(column)
    if not field.accepts_missing:
        return number
    missing = "NULL" if field.blank is None else dialect.double(float(field.blank))
    if not dialect.tries:  # there a text that is no number ends the query
        return f"COALESCE({number}, {missing})"
    is_empty = f"TRIM(COALESCE(CAST({column} AS {dialect.text}), '')) = ''"
    return f"COALESCE({number}, CASE WHEN {is_empty} THEN {missing} ELSE {_TOO_MUCH} END)"


def _within(field: Field, name: str, dialect: Dialect) -> str:
    low, high = dialect.double(field.minimum or 0.0), dialect.double(field.maximum or 0.0)
    holds = f"{name} BETWEEN {low} AND {high}"
    return f"({name} IS NULL OR {holds})" if field.nullable else holds
