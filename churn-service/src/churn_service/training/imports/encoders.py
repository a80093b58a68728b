"""The transformers of scikit-learn as encodings: what each makes of its columns."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports.arrays import array_of, is_array, plain
from churn_service.training.imports.found import NAN, Encoded
from churn_service.training.imports.inert import Inert, damaged, is_a, kind_of

Columns = list[Encoded]


def encode(transformer: Any, columns: Columns) -> Columns:
    """Return what a fitted transformer makes of these columns.

    Raises:
        ForeignModelError: When it is of a kind, or has a setting, that is not converted.
    """
    if transformer is None or transformer == "passthrough":
        return columns
    for names, encoder in _ENCODERS:
        if is_a(transformer, *names):
            return encoder(transformer, columns)
    raise ForeignModelError(
        f"a step of the model is {kind_of(transformer)}, which is not converted; do what it "
        "does when the table is made"
    )


def names_of(transformer: Inert) -> list[str] | None:
    """Return the names of the columns that a transformer or model was fitted with."""
    found = transformer.attribute("feature_names_in_")
    return [str(name) for name in array_of(found).entries] if is_array(found) else None


def raw_columns(names: Sequence[str]) -> Columns:
    """Return the columns of a table as they are."""
    return [Encoded(column=name) for name in names]


def dict_columns(vectorizer: Inert) -> Columns:
    """Return what a DictVectorizer makes of dictionaries: numbers, and `field=level`."""
    separator = str(vectorizer.attribute("separator", "="))
    names = vectorizer.attribute("feature_names_")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise damaged("the DictVectorizer has no names")
    return [_dict_column(name, separator) for name in names]


def _dict_column(name: str, separator: str) -> Encoded:
    field, found, level = name.partition(separator)
    if not found:
        return Encoded(column=name, skips_text=True)
    return Encoded(column=field, levels={level: 1.0}, other=0.0, missing=float(not level))


def _column_transformer(transformer: Inert, columns: Columns) -> Columns:
    made: Columns = []
    for part in transformer.attribute("transformers_") or ():
        _, inner, chosen = part
        if inner != "drop":
            made += encode(inner, [columns[place] for place in _places(chosen, columns)])
    return made


def _places(chosen: Any, columns: Columns) -> list[int]:
    """Return the places of the columns that a part of a ColumnTransformer takes."""
    if isinstance(chosen, Inert) and chosen.made_by.name == "slice":
        return list(range(len(columns)))[slice(*chosen.args)]
    one = _choices(chosen)
    if one and all(isinstance(entry, bool) for entry in one):
        return [place for place, taken in enumerate(one) if taken]
    names = [column.column for column in columns]
    return [_place(entry, names) for entry in one]


def _choices(chosen: Any) -> list[Any]:
    """Return names, places, or a yes or no for each column."""
    if is_a(chosen, "_RemainderColsList"):
        return list(chosen.attribute("data"))
    if is_array(chosen):
        return array_of(chosen).entries
    return [chosen] if isinstance(chosen, str | int) else list(chosen)


def _place(entry: Any, names: list[str]) -> int:
    return names.index(entry) if isinstance(entry, str) else int(plain(entry))


def _pipeline(pipeline: Inert, columns: Columns) -> Columns:
    for _, step in pipeline.attribute("steps") or ():
        columns = encode(step, columns)
    return columns


def _function(transformer: Inert, columns: Columns) -> Columns:
    """Pass columns through the functions that scikit-learn itself uses to do nothing."""
    function = transformer.attribute("func")
    named = function.args[0] if isinstance(function, Inert) and function.args else None
    if function is None or str(named) == "sklearn.utils.validation.check_array":
        return columns
    raise ForeignModelError(
        "a step of the model is a FunctionTransformer, which is code; do what it does when "
        "the table is made"
    )


def _one_hot(encoder: Inert, columns: Columns) -> Columns:
    if encoder.attribute("min_frequency") is not None or encoder.attribute("max_categories"):
        raise ForeignModelError(
            "the OneHotEncoder groups rare levels (min_frequency, max_categories), which is not "
            "converted; group them in the table"
        )
    other = 0.0 if encoder.attribute("handle_unknown") == "ignore" else None
    dropped = encoder.attribute("drop_idx_")
    leave_out = array_of(dropped).entries if dropped is not None else [None] * len(columns)
    made = []
    for column, levels, out in zip(columns, _categories(encoder), leave_out, strict=True):
        for place in range(len(levels)):
            if place != out:
                marks = [float(place == each) for each in range(len(levels))]
                made.append(_looked_up(column, levels, marks, other))
    return made


def _ordinal(encoder: Inert, columns: Columns) -> Columns:
    unknown, missing = (
        encoder.attribute("unknown_value"),
        encoder.attribute("encoded_missing_value"),
    )
    is_lenient = encoder.attribute("handle_unknown") == "use_encoded_value"
    other = float(plain(unknown)) if is_lenient and unknown is not None else None
    made = []
    for column, levels in zip(columns, _categories(encoder), strict=True):
        codes = [NAN if _is_missing(level) else float(place) for place, level in enumerate(levels)]
        if missing is not None:
            codes = [float(plain(missing)) if math.isnan(code) else code for code in codes]
        made.append(_looked_up(column, levels, codes, other))
    return made


def _categories(encoder: Inert) -> list[list[Any]]:
    return [array_of(levels).entries for levels in encoder.attribute("categories_") or ()]


def _looked_up(
    column: Encoded, levels: Sequence[Any], numbers: Sequence[float], other: float | None
) -> Encoded:
    """Return the encoding by a table of levels, of a raw column or an encoded one."""
    known = dict(zip(levels, numbers, strict=True))
    absent = next((known[level] for level in levels if _is_missing(level)), other)
    if column.levels is not None:
        fallback = NAN if absent is None else absent
        return column.mapped(
            lambda code: fallback if math.isnan(code) else known.get(code, fallback)
        )
    if column.steps or column.blank is not None:
        raise ForeignModelError(f"{column.column!r} is scaled first and then taken as levels")
    table = {level_text(level): number for level, number in known.items() if not _is_missing(level)}
    return msgspec.structs.replace(column, levels=table, other=other, missing=absent)


def level_text(level: object) -> str:
    """Return a level as a cell of the table has it; 1.0 and 1 are the same one."""
    value = plain(level)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _is_missing(level: object) -> bool:
    return level is None or level == "" or (isinstance(level, float) and math.isnan(level))


def _standard(scaler: Inert, columns: Columns) -> Columns:
    means, scales = (scaler.attribute(name) for name in ("mean_", "scale_"))
    if scaler.attribute("with_mean", default=True) and means is not None:
        entries = array_of(means).entries
        columns = [c.then("subtract", m) for c, m in zip(columns, entries, strict=True)]
    if scales is not None:
        entries = array_of(scales).entries
        columns = [c.then("divide", s) for c, s in zip(columns, entries, strict=True)]
    return columns


def _min_max(scaler: Inert, columns: Columns) -> Columns:
    if scaler.attribute("clip"):
        raise ForeignModelError("the MinMaxScaler clips, which is not converted; use clip=False")
    scales, least = (array_of(scaler.attribute(name)).entries for name in ("scale_", "min_"))
    return [
        column.then("multiply", scale).then("add", low)
        for column, scale, low in zip(columns, scales, least, strict=True)
    ]


def _imputer(imputer: Inert, columns: Columns) -> Columns:
    marker = imputer.attribute("missing_values", NAN)
    if imputer.attribute("add_indicator") or not _is_missing(plain(marker)):
        raise ForeignModelError(
            "the SimpleImputer marks missing values or replaces others than NaN, which is not "
            "converted; fill them in when the table is made"
        )
    filled = array_of(imputer.attribute("statistics_")).entries
    return [_filled(c, plain(value)) for c, value in zip(columns, filled, strict=True)]


def _filled(column: Encoded, value: float | str) -> Encoded:
    if column.levels is not None or column.steps or isinstance(value, str):
        raise ForeignModelError(
            f"the SimpleImputer fills levels of {column.column!r} in, which is not converted; "
            "fill them in when the table is made"
        )
    return msgspec.structs.replace(column, blank=float(value))


_ENCODERS: tuple[tuple[tuple[str, ...], Callable[[Inert, Columns], Columns]], ...] = (
    (("ColumnTransformer",), _column_transformer),
    (("Pipeline",), _pipeline),
    (("OneHotEncoder",), _one_hot),
    (("OrdinalEncoder",), _ordinal),
    (("StandardScaler",), _standard),
    (("MinMaxScaler",), _min_max),
    (("SimpleImputer",), _imputer),
    (("FunctionTransformer",), _function),
)
