"""What a trained model is: one document of numbers and names, no code."""

import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.errors import ArtefactError

MODEL_FILE = "model.json"
FORMAT = 1


class LevelTerm(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="levels",
    tag_field="kind",
):
    """Logit contribution of a category or boolean, looked up by level."""

    field: str
    weights: dict[str, float]
    missing: float | None = None
    other: float | None = None
    mean: float = 0.0


class CurveTerm(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="curve",
    tag_field="kind",
):
    """Logit contribution of a number: straight pieces between knots.

    The value is ``intercepts[i] + slopes[i] * x`` with
    ``i = bisect_right(knots, x)``; the outer pieces are constant.
    """

    field: str
    knots: tuple[float, ...]
    intercepts: tuple[float, ...]
    slopes: tuple[float, ...]
    missing: float | None = None
    mean: float = 0.0


Term = LevelTerm | CurveTerm


class Scorecard(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="scorecard",
    tag_field="kind",
):
    """An intercept and one term per schema feature, in schema order."""

    intercept: float
    terms: tuple[Term, ...]


class IdentityCalibration(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="identity", tag_field="kind"
):
    """The scorer's probability is served as it is."""


class TrainingFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a model came from: hashes of data and config, and counts of rows."""

    data_sha256: str
    config_sha256: str
    rows: int
    churned: int


class ModelDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of ``model.json``; its sha256 names the version."""

    name: str
    schema: CustomerSchema
    schema_digest: str
    threshold: float
    scorer: Scorecard
    training: TrainingFacts
    calibration: IdentityCalibration = IdentityCalibration()
    horizon_days: int | None = None
    format: int = FORMAT


def encode_document(document: ModelDocument) -> bytes:
    """Return the canonical JSON of a document: sorted keys, no spaces."""
    check_document(document)
    return msgspec.json.encode(document, order="sorted")


def decode_document(data: bytes) -> ModelDocument:
    """Parse and check ``model.json``; raise ArtefactError with the reason."""
    try:
        document = msgspec.json.decode(data, type=ModelDocument)
    except (ValueError, RecursionError) as error:
        raise ArtefactError(MODEL_FILE, f"cannot be parsed: {error}") from error
    check_document(document)
    return document


def check_document(document: ModelDocument) -> None:
    """Raise ArtefactError with the first thing that does not make sense."""
    for problem in _problems(document):
        raise ArtefactError(MODEL_FILE, problem)


def _problems(document: ModelDocument) -> Iterator[str]:
    schema = document.schema
    if document.format != FORMAT:
        yield f"format {document.format} is unknown; this release reads format {FORMAT}"
    if document.schema_digest != schema.digest:
        yield "the schema's digest differs from schema_digest"
    if not 0 < document.threshold < 1:
        yield f"the threshold {document.threshold} is not between 0 and 1"
    if not math.isfinite(document.scorer.intercept):
        yield "the intercept is not a finite number"
    yield from _terms_problems(schema, document.scorer.terms)


def _terms_problems(schema: CustomerSchema, terms: tuple[Term, ...]) -> Iterator[str]:
    if [term.field for term in terms] != [field.name for field in schema.features]:
        yield "the scorer's terms are not the schema's features in their order"
    for field, term in zip(schema.features, terms, strict=False):
        yield from _term_problems(field, term)


def _term_problems(field: Field, term: Term) -> Iterator[str]:
    if (field.kind == "number") != isinstance(term, CurveTerm):
        yield f"the term of {term.field} does not fit its kind, {field.kind}"
    if field.nullable and term.missing is None:
        yield f"{term.field} may be missing but has no weight for that"
    problems = (
        _curve_problems(term) if isinstance(term, CurveTerm) else _level_problems(field, term)
    )
    yield from problems
    if not all(map(math.isfinite, _numbers(term))):
        yield f"a number of the term of {term.field} is not finite"


def _level_problems(field: Field, term: LevelTerm) -> Iterator[str]:
    if set(term.weights) != set(field.levels):
        yield f"the weights of {term.field} are not those of its levels"
    if field.unknown == "other" and term.other is None:
        yield f"{term.field} takes unseen levels but has no weight for them"


def _curve_problems(term: CurveTerm) -> Iterator[str]:
    pieces = len(term.knots) + 1
    if not term.knots or len(term.intercepts) != pieces or len(term.slopes) != pieces:
        yield f"the curve of {term.field} has not one piece more than knots"
    elif any(left >= right for left, right in pairwise(term.knots)):
        yield f"the knots of {term.field} do not ascend"
    elif term.slopes[0] != 0 or term.slopes[-1] != 0:
        yield f"the outer pieces of {term.field} are not constant"


def _numbers(term: Term) -> tuple[float, ...]:
    optional = (term.missing or 0.0, term.mean)
    if isinstance(term, CurveTerm):
        return (*optional, *term.knots, *term.intercepts, *term.slopes)
    return (*optional, term.other or 0.0, *term.weights.values())
