"""What a trained model is: one document of numbers and names, no code."""

import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.calibration import (
    Calibration,
    IdentityCalibration,
    calibration_problems,
)
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.interval import IntervalTable, interval_problems
from churn_service.artefact.pairs import PairTerm, pair_problems
from churn_service.artefact.reference import Reference, reference_problems
from churn_service.artefact.trees import Trees, trees_problems

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
    omit_defaults=True,
    tag="scorecard",
    tag_field="kind",
):
    """An intercept, one term per schema feature in schema order, and pairs."""

    intercept: float
    terms: tuple[Term, ...]
    pairs: tuple[PairTerm, ...] = ()


Member = Scorecard | Trees


class Blend(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="blend",
    tag_field="kind",
):
    """The weighted sum of the logits of several scorers."""

    members: tuple[Member, ...]
    weights: tuple[float, ...]


Scorer = Scorecard | Trees | Blend


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
    scorer: Scorer
    training: TrainingFacts
    calibration: Calibration = IdentityCalibration()
    interval: IntervalTable | None = None
    horizon_days: int | None = None
    reference: Reference | None = None
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
    yield from _scorer_problems(schema, document.scorer)
    yield from calibration_problems(document.calibration)
    if document.interval:
        yield from interval_problems(document.interval)
    if document.reference:
        yield from reference_problems(schema, document.reference)


def _scorer_problems(schema: CustomerSchema, scorer: Scorer) -> Iterator[str]:
    if isinstance(scorer, Scorecard):
        yield from _scorecard_problems(schema, scorer)
    elif isinstance(scorer, Trees):
        yield from trees_problems(schema, scorer)
    else:
        yield from _blend_problems(schema, scorer)


def _blend_problems(schema: CustomerSchema, blend: Blend) -> Iterator[str]:
    if not blend.members or len(blend.members) != len(blend.weights):
        yield "the blend does not have one weight per member"
    if not all(map(math.isfinite, blend.weights)):
        yield "a weight of the blend is not finite"
    for member in blend.members:
        yield from _scorer_problems(schema, member)


def _scorecard_problems(schema: CustomerSchema, card: Scorecard) -> Iterator[str]:
    if not math.isfinite(card.intercept):
        yield "the intercept is not a finite number"
    terms = card.terms
    if [term.field for term in terms] != [field.name for field in schema.features]:
        yield "the scorer's terms are not the schema's features in their order"
    for field, term in zip(schema.features, terms, strict=False):
        yield from _term_problems(field, term)
    for pair in card.pairs:
        yield from pair_problems(schema, pair)


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
