"""Which column of a file is which field: by the header, or as the uploader says."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from churn_contract.schema import CustomerSchema, canonical_name
from churn_contract.tabular import match_header
from marketing_service.errors import ImportFileError

ADDRESS: Final = "email"
"""Our name of the column that holds the mail address; no part of the schema."""

DEFAULT_ID: Final = "customer_id"
"""Our name of the id column where the schema names none."""

_ADDRESS_NAMES: Final = frozenset({
    "email",
    "e-mail",
    "e_mail",
    "mail",
    "email_address",
    "e-mail_address",
    "emailaddress",
})
_HINT: Final = "Say what a column is with map=THEIRS=OURS, for example map=Mail={}."


class Columns(NamedTuple):
    """Where to find what in a row.

    Attributes:
        width: How many cells a whole row has.
        id_index: Cell of the customer's id.
        address_index: Cell of the mail address, if there is one.
        features: Cell and canonical name of every feature.
        outcome: Header of the column that holds the outcome, if there is one.
        ignored: Headers of the columns that mean nothing to us.
    """

    width: int
    id_index: int
    address_index: int | None
    features: tuple[tuple[int, str], ...]
    outcome: str = ""
    ignored: tuple[str, ...] = ()


def parse_mapping(texts: Iterable[str]) -> dict[str, str]:
    """Read `theirs=ours` pairs, also several in one text with commas between.

    `ours` is a field of the schema, `email`, or empty: then the column is left out.

    Raises:
        ImportFileError: a text of another form, or one column twice.
    """
    mapping: dict[str, str] = {}
    for pair in filter(str.strip, ",".join(texts).split(",")):
        theirs, ours = _pair(pair)
        if theirs in mapping:
            raise ImportFileError(f"map names the column {theirs!r} twice.")
        mapping[theirs] = ours
    return mapping


def find_columns(
    schema: CustomerSchema, header: Sequence[str], mapping: Mapping[str, str]
) -> Columns:
    """Find every field's column.

    Raises:
        ImportFileError: a needed column is missing or comes twice, or the mapping names
            columns or fields that are not there; the message names all of them.
    """
    id_name = schema.id or DEFAULT_ID
    names = _names(schema, header, mapping)
    _refuse_doubles(names)
    places = {name: place for place, name in enumerate(names)}
    features = [field.name for field in schema.features]
    missing = [name for name in (id_name, *features) if name not in places]
    if missing:
        raise ImportFileError(_missing_text(missing, header, names))
    return Columns(
        width=len(header),
        id_index=places[id_name],
        address_index=places.get(ADDRESS),
        features=tuple((places[name], name) for name in features),
        outcome=_outcome(schema, header, names),
        ignored=_ignored(schema, header, names, mapping),
    )


def _outcome(schema: CustomerSchema, header: Sequence[str], names: Sequence[str | None]) -> str:
    field = schema.outcome.field if schema.outcome else None
    found = (cell for cell, name in zip(header, names, strict=True) if name and name == field)
    return next(found, "")


def _ignored(
    schema: CustomerSchema,
    header: Sequence[str],
    names: Sequence[str | None],
    mapping: Mapping[str, str],
) -> tuple[str, ...]:
    """List what nobody uses; what the uploader left out by name is no surprise."""
    used = {schema.id or DEFAULT_ID, ADDRESS, *(field.name for field in schema.features)}
    used |= {schema.outcome.field} if schema.outcome else set()
    said = {canonical_name(theirs) for theirs in mapping}
    pairs = zip(header, names, strict=True)
    return tuple(
        cell for cell, name in pairs if name not in used and canonical_name(cell) not in said
    )


def _pair(text: str) -> tuple[str, str]:
    theirs, _, ours = text.rpartition("=")
    if not theirs.strip():
        raise ImportFileError(f"map={text!r} must have the form THEIRS=OURS.")
    return theirs.strip(), canonical_name(ours)


def _names(
    schema: CustomerSchema, header: Sequence[str], mapping: Mapping[str, str]
) -> list[str | None]:
    mapped = _by_position(header, mapping)
    _refuse_unknown_fields(schema, mapped.values())
    matched = match_header(schema, header).columns
    taken = set(mapped.values())
    # What the uploader says wins over what a header happens to be called.
    free = [
        _unless(taken, name or _by_custom(cell)) for cell, name in zip(header, matched, strict=True)
    ]
    return [mapped.get(place, name) for place, name in enumerate(free)]


def _unless(taken: Collection[str | None], name: str | None) -> str | None:
    return None if name in taken else name


def _by_custom(cell: str) -> str | None:
    name = canonical_name(cell.removeprefix("\ufeff"))
    if name in _ADDRESS_NAMES:
        return ADDRESS
    return DEFAULT_ID if name == DEFAULT_ID else None


def _by_position(header: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str | None]:
    places = {canonical_name(cell): place for place, cell in enumerate(header)}
    unknown = [theirs for theirs in mapping if canonical_name(theirs) not in places]
    if unknown:
        raise ImportFileError(
            f"map names columns that the file has not: {', '.join(unknown)};"
            f" it has {', '.join(header)}."
        )
    return {places[canonical_name(theirs)]: ours or None for theirs, ours in mapping.items()}


def _refuse_unknown_fields(schema: CustomerSchema, ours: Iterable[str | None]) -> None:
    known = {schema.id or DEFAULT_ID, ADDRESS, *(field.name for field in schema.features)}
    for name in set(filter(None, ours)) - known:
        nearest = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        raise ImportFileError(f"map names the field {name!r}, which is unknown{hint}.")


def _refuse_doubles(names: Sequence[str | None]) -> None:
    doubles = sorted({name for name in names if name and names.count(name) > 1})
    if doubles:
        raise ImportFileError(
            f"These fields stand in several columns: {', '.join(doubles)}."
            " Leave the wrong ones out with map=THEIRS=."
        )


def _missing_text(
    missing: Sequence[str], header: Sequence[str], names: Sequence[str | None]
) -> str:
    unused = [cell for cell, name in zip(header, names, strict=True) if name is None]
    others = f" Columns without a meaning: {', '.join(unused)}." if unused else ""
    if len(header) == 1:
        others = " The first line has one cell only: is it a header, parted by , ; tab or |?"
    return f"The file has no column for {', '.join(missing)}.{others} {_HINT.format(missing[0])}"
