"""One value of one feature: from JSON or from a text cell to its canonical form."""

import re

from churn_contract.schema import Field, canonical_name

Value = float | str | None
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
YES_WORDS = frozenset({
    "yes", "true", "t", "y", "1", "1.0", "on", "✓", "✔", "ja", "j", "wahr", "oui", "vrai", "si",
    "sí", "sì", "sim", "vero", "verdadero", "verdadeiro", "tak", "да",
})  # fmt: skip
NO_WORDS = frozenset({
    "no", "false", "f", "n", "0", "0.0", "off", "✗", "✘", "nein", "falsch", "non", "faux", "nee",
    "nej", "nei", "não", "nao", "falso", "nie", "нет",
})  # fmt: skip
_MOST_LEVELS_SHOWN = 20
LONGEST_ID = 200


class BadValueError(ValueError):
    """A value does not fit its field.

    Attributes:
        code: Word of `FieldError.code`.
        detail: Sentence of `FieldError.detail`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def missing_value(field: Field) -> Value:
    """Return what a missing value of this field stands for; BadValueError when it may not miss."""
    if not field.accepts_missing:
        raise BadValueError("null", f"must have a value: {expected(field)}")
    return field.blank


def expected(field: Field) -> str:
    """Say in words which values the field takes."""
    if field.kind == "number":
        unit = f" {field.unit}" if field.unit else ""
        return f"a number from {field.minimum:.15g} to {field.maximum:.15g}{unit}"
    shown = ", ".join(field.levels[:_MOST_LEVELS_SHOWN])
    rest = len(field.levels) - _MOST_LEVELS_SHOWN
    return f"one of {shown}" + (f" and {rest} more" if rest > 0 else "")


class NumberReader:
    """Read the values of a number field."""

    def __init__(self, field: Field) -> None:
        self._field = field

    def from_json(self, value: object) -> Value:
        """Return the number; a quoted number is refused with a hint."""
        if value is None:
            return missing_value(self._field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadValueError("wrong-type", f"must be {expected(self._field)}{_hint(value)}")
        return self._within_limits(value)

    def from_text(self, cell: str) -> Value:
        """Return the number in a cell; an empty cell is a missing value."""
        text = cell.strip()
        if not text:
            return missing_value(self._field)
        if not _NUMBER.fullmatch(text):
            hint = ", with a point before decimals and no thousands separators"
            raise BadValueError("wrong-type", f"must be {expected(self._field)}{hint}")
        return self._within_limits(float(text))

    def _within_limits(self, value: float) -> float:
        low, high = self._field.minimum, self._field.maximum
        if low is None or high is None or not low <= value <= high:
            raise BadValueError("out-of-range", f"must be {expected(self._field)}")
        return float(value)


def _hint(value: object) -> str:
    quoted = isinstance(value, str) and _NUMBER.fullmatch(value.strip())
    return "; remove the quotes" if quoted else ""


class LevelReader:
    """Read the values of a category or boolean field."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._truths = json_words(field)
        self._numbers = self._truths if field.is_zero_one else {}
        raw = dict(zip(field.raw_levels, field.levels, strict=False))
        self._levels = raw | {level: level for level in field.levels}
        self._spellings = spellings(field)

    def from_json(self, value: object) -> Value:
        """Return the canonical level; 0/1 fields take numbers, booleans take true, false."""
        if value is None:
            return missing_value(self._field)
        if isinstance(value, str):
            return self._level(value, self._levels)
        words = self._truths if isinstance(value, bool) else self._numbers
        if isinstance(value, int | float) and value in words:
            return words[value]
        raise BadValueError("wrong-type", f"must be {expected(self._field)}")

    def from_text(self, cell: str) -> Value:
        """Return the canonical level in a cell; an empty cell is a missing value."""
        return self._level(cell, self._spellings)

    def _level(self, text: str, words: dict[str, str]) -> Value:
        found = words.get(text) or words.get(canonical_name(text))
        if found is not None:
            return found
        if not text.strip():
            return missing_value(self._field)
        if self._field.unknown == "other":
            return canonical_name(text)
        raise BadValueError("unknown-level", f"must be {expected(self._field)}")


def json_words(field: Field) -> dict[bool | int | float, str]:
    """Map true and false, which equal 1 and 0, to the levels of a boolean field."""
    if field.kind != "boolean":
        return {}
    truths = ((False, NO_WORDS), (True, YES_WORDS))
    return {truth: level for level in field.levels for truth, words in truths if level in words}


def spellings(field: Field) -> dict[str, str]:
    """Return the level of every spelling of a cell: for booleans yes, true, 1 and so on."""
    words = json_words(field)
    table: dict[str, str] = {}
    for truth, spellings in ((True, YES_WORDS), (False, NO_WORDS)):
        if truth in words:
            table |= dict.fromkeys(spellings, words[truth])
    table |= dict(zip(field.raw_levels, field.levels, strict=False))
    return table | {level: level for level in field.levels}


def value_reader(field: Field) -> NumberReader | LevelReader:
    """Return the reader for a feature's values."""
    return NumberReader(field) if field.kind == "number" else LevelReader(field)


def read_id(value: object) -> str | None:
    """Return a customer id from a string or an integer; blank and null mean none."""
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise BadValueError("wrong-type", "must be a string or an integer")
    text = "" if value is None else str(value).strip()
    if len(text) > LONGEST_ID:
        raise BadValueError("out-of-range", f"must have at most {LONGEST_ID} characters")
    return text or None
