"""C: a header and a source in C99, without allocation, for programs of any language."""

import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from churn_contract.cells import expected
from churn_contract.schema import Field
from churn_service.exports.c_scorer import chance_source, scorer_source
from churn_service.exports.c_tables import (
    comment,
    identifiers,
    integers,
    number,
    table,
    text_literal,
)
from churn_service.exports.coded import code_of_missing, codes, is_valid
from churn_service.exports.exported import Exported

HEADER, SOURCE = "churn_model.h", "churn_model.c"
_ROOM = "churn_service.exports"


def write(model: Exported, target: Path) -> None:
    """Write both files into the folder `target`."""
    target.mkdir(parents=True)
    (target / HEADER).write_text(_header(model), encoding="ascii")
    (target / SOURCE).write_text(_source(model), encoding="ascii")


def _header(model: Exported) -> str:
    features = model.document.schema.features
    names = identifiers(field.name for field in features)
    members = [_member(field, name) for field, name in zip(features, names, strict=True)]
    lines = [
        comment(f"Churn model {model.version}, written by churn export --format c."),
        "#ifndef CHURN_MODEL_H",
        "#define CHURN_MODEL_H",
        "",
        f"#define CHURN_MODEL_VERSION {text_literal(model.version)}",
        f"#define CHURN_THRESHOLD {number(model.document.threshold)}",
        f"#define CHURN_FIELDS {len(features)}",
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        "/* A missing number is NAN, a missing level NULL or an empty text. Levels may be",
        " * spelled as in the training table or in lower case with underscores, in UTF-8. */",
        "struct churn_customer {",
        *members,
        "};",
        "",
        "/* Score one customer. Returns 0; or 1 + the place of the first field that does not",
        " * fit, and then sets the probability to NAN and churn to 0. */",
        "int churn_predict(const struct churn_customer *customer, double *churn_probability,",
        "                  int *churn);",
        "",
        "/* The name of a field by its place from 0; NULL when there is none. */",
        "const char *churn_field(int place);",
        "",
        "#ifdef __cplusplus",
        "}",
        "#endif",
        "",
        "#endif",
        "",
    ]
    return "\n".join(lines)


def _member(field: Field, name: str) -> str:
    kind = "double " if field.kind == "number" else "const char *"
    missing = "; may be missing" if field.accepts_missing else ""
    other = "; or any other" if field.unknown == "other" else ""
    return f"    {kind}{name}; {comment(expected(field) + other + missing)}"


def _source(model: Exported) -> str:
    document = model.document
    features = document.schema.features
    scoring = [
        scorer_source(document.scorer, features, "logit_of"),
        chance_source(document.calibration),
        _names(features),
        _predict(features),
    ]
    template = (resources.files(_ROOM) / "c_model.c.txt").read_text(encoding="utf-8")
    head = template.replace("@VERSION@", model.version)
    body = "\n\n".join([*_levels(features), *scoring])
    return head.replace("@HELPERS@", "".join(_called(body))) + body + "\n"


def _called(body: str) -> Iterator[str]:
    """Yield the functions that the body calls, by way of others too, in their order."""
    packaged = resources.files(_ROOM) / "c_parts.toml"
    parts: dict[str, str] = tomllib.loads(packaged.read_text(encoding="utf-8"))
    needed: list[str] = []
    for name, part in reversed(parts.items()):
        if any(f"{name}(" in text for text in (body, *needed)):
            needed.append(f"\n{part}")
    return reversed(needed)


def _names(features: Sequence[Field]) -> str:
    names = table("char *const", "field_names", [text_literal(field.name) for field in features])
    return (
        f"{names}\n\nconst char *churn_field(int place) {{\n"
        "    return place >= 0 && place < CHURN_FIELDS ? field_names[place] : NULL;\n}"
    )


def _levels(features: Sequence[Field]) -> Iterator[str]:
    """Yield the spellings of each category and boolean, and which codes are scored."""
    for place, field in enumerate(features):
        if field.kind == "number":
            continue
        known = [f"{{{text_literal(text)}, {code}}}" for text, code in codes(field).items() if text]
        yield table("struct spelling", f"levels_{place}", known)
        yield integers(f"valid_{place}", is_valid(field), "unsigned char")


def _predict(features: Sequence[Field]) -> str:
    names = identifiers(field.name for field in features)
    checks = [
        line
        for place, (field, name) in enumerate(zip(features, names, strict=True))
        for line in _check(field, place, f"customer->{name}")
    ]
    lines = [
        "int churn_predict(const struct churn_customer *customer, double *churn_probability,",
        "                  int *churn) {",
        "    double number[CHURN_FIELDS] = {0};",
        "    int code[CHURN_FIELDS] = {0};",
        "    *churn_probability = NAN;",
        "    *churn = 0;",
        *checks,
        "    *churn_probability = chance_of(logit_of(number, code));",
        "    *churn = *churn_probability >= CHURN_THRESHOLD;",
        "    return 0;",
        "}",
    ]
    return "\n".join(lines)


def _check(field: Field, place: int, member: str) -> Iterator[str]:
    if field.kind != "number":
        known, missing = f"levels_{place}", code_of_missing(field)
        count = sum(1 for text in codes(field) if text)
        yield f"    code[{place}] = code_of({member}, {known}, {count}, {missing});"
        yield f"    if (!valid_{place}[code[{place}]]) return {place + 1};"
        return
    value = f"number[{place}]"
    yield f"    {value} = {member};"
    if field.blank is not None:
        yield f"    if (isnan({value})) {value} = {number(float(field.blank))};"
    low, high = number(field.minimum), number(field.maximum)
    outside = f"!({value} >= {low} && {value} <= {high})"
    test = f"!isnan({value}) && {outside}" if field.nullable else outside
    yield f"    if ({test}) return {place + 1};"
