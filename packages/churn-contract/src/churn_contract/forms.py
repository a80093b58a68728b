"""The schema as a web form: one input per feature."""

from typing import Literal, NamedTuple

from churn_contract.schema import CustomerSchema, Field, training_range


class FormField(NamedTuple):
    """One input of the form.

    Attributes:
        name: Canonical field name; the input's name.
        label: Title for people.
        kind: `select` with `options`, `number` with limits, or `suggest`: a text for
            which `options` are known, but others are taken as well.
        options: Value and label of each choice, the empty one first when allowed.
        minimum: Lowest number that is accepted.
        maximum: Highest number that is accepted.
        unit: Unit of the number.
        help: One sentence for people.
        required: Whether it may not stay empty.
        step: The input's step; `any`, so that browsers refuse no decimals.
        example: A value that is valid and usual.
        usual: Lowest and highest number of training; None where that says no more
            than the limits.
    """

    name: str
    label: str
    kind: Literal["select", "number", "suggest"]
    options: tuple[tuple[str, str], ...]
    minimum: float | None
    maximum: float | None
    unit: str
    help: str
    required: bool
    step: str
    example: str
    usual: tuple[float, float] | None


def form_fields(schema: CustomerSchema) -> tuple[FormField, ...]:
    """Return one input per feature, in the schema's order."""
    return tuple(_form_field(field) for field in schema.features)


def _form_field(field: Field) -> FormField:
    is_number = field.kind == "number"
    return FormField(
        name=field.name,
        label=title(field),
        kind=_kind(field),
        options=() if is_number else _options(field),
        minimum=field.minimum,
        maximum=field.maximum,
        unit=field.unit,
        help=field.help,
        required=not field.accepts_missing,
        step="any",
        example=_middle(field) if is_number else field.levels[0],
        usual=_usual(field) if is_number else None,
    )


def _kind(field: Field) -> Literal["select", "number", "suggest"]:
    if field.kind == "number":
        return "number"
    return "suggest" if field.unknown == "other" else "select"


def _usual(field: Field) -> tuple[float, float] | None:
    found = training_range(field)
    return None if found == (field.minimum, field.maximum) else found


_ZERO_ONE = {"0": "No", "1": "Yes"}


def _options(field: Field) -> tuple[tuple[str, str], ...]:
    empty = (("", "Not known"),) * field.accepts_missing
    if field.is_zero_one:
        words = [_ZERO_ONE[level] for level in field.levels]
    else:
        words = [in_words(label) for label in field.raw_levels or field.levels]
    return empty + tuple(zip(field.levels, words, strict=True))


def _middle(field: Field) -> str:
    low, high = training_range(field)
    middle = (low + high) / 2
    return f"{middle:.0f}" if high - low > 10 else f"{middle:.6g}"


def title(field: Field) -> str:
    """Return the field's label, or its name as a person would write it."""
    return field.label or in_words(field.raw or field.name)


def in_words(name: str) -> str:
    """Return a name or level as a person would write it: `one_year` as `One year`."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
