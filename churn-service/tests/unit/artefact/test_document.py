from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from churn_service.artefact.document import (
    CurveTerm,
    LevelTerm,
    ModelDocument,
    decode_document,
    encode_document,
)
from churn_service.artefact.errors import ArtefactError

replace = msgspec.structs.replace


def with_level(document: ModelDocument, **changes: Any) -> ModelDocument:
    level, curve = document.scorer.terms
    return replace(
        document, scorer=replace(document.scorer, terms=(replace(level, **changes), curve))
    )


def with_curve(document: ModelDocument, **changes: Any) -> ModelDocument:
    level, curve = document.scorer.terms
    return replace(
        document, scorer=replace(document.scorer, terms=(level, replace(curve, **changes)))
    )


def test_a_document_survives_writing_and_reading(document: ModelDocument) -> None:
    assert decode_document(encode_document(document)) == document


def test_the_json_is_canonical(document: ModelDocument) -> None:
    data = encode_document(document)

    assert data == encode_document(decode_document(data))
    assert data.startswith(b'{"calibration":{"kind":"identity"},"format":1,')
    assert b'"kind":"scorecard"' in data


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: replace(d, format=2), "format 2 is unknown"),
        (lambda d: replace(d, schema_digest="x"), "the schema's digest differs"),
        (lambda d: replace(d, threshold=1.0), "the threshold 1.0 is not between"),
        (
            lambda d: replace(d, scorer=replace(d.scorer, intercept=float("inf"))),
            "the intercept is not a finite number",
        ),
        (
            lambda d: replace(d, scorer=replace(d.scorer, terms=d.scorer.terms[::-1])),
            "not the schema's features in their order",
        ),
        (
            lambda d: with_curve(d, missing=None),
            "age may be missing but has no weight",
        ),
        (lambda d: with_level(d, weights={"basic": 1.0}), "weights of plan are not those"),
        (lambda d: with_level(d, other=None), "plan takes unseen levels but has no weight"),
        (lambda d: with_level(d, mean=float("nan")), "a number of the term of plan is not finite"),
        (lambda d: with_curve(d, slopes=(0.0, 0.0)), "has not one piece more than knots"),
        (lambda d: with_curve(d, knots=()), "has not one piece more than knots"),
        (lambda d: with_curve(d, knots=(2.0, 2.0)), "the knots of age do not ascend"),
        (lambda d: with_curve(d, slopes=(0.0, 0.0, 1.0)), "outer pieces of age are not constant"),
    ],
)
def test_a_document_without_sense_is_refused_with_the_reason(
    document: ModelDocument, change: Callable[[ModelDocument], ModelDocument], reason: str
) -> None:
    with pytest.raises(ArtefactError, match=reason):
        encode_document(change(document))


def test_a_term_must_fit_the_kind_of_its_field(document: ModelDocument) -> None:
    level, curve = document.scorer.terms
    assert isinstance(level, LevelTerm)
    assert isinstance(curve, CurveTerm)
    wrong = (replace(curve, field="plan"), replace(level, field="age"))

    with pytest.raises(ArtefactError, match="does not fit its kind, category"):
        encode_document(replace(document, scorer=replace(document.scorer, terms=wrong)))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format":1}', b"[" * 100_000, b"\xff"])
def test_anything_else_cannot_be_parsed(data: bytes) -> None:
    with pytest.raises(ArtefactError, match=r"model\.json: cannot be parsed"):
        decode_document(data)
