"""The flat function of a row: the same bits as the plain scorer, for every kind of model."""

import itertools
from collections.abc import Iterator

import msgspec
import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Validator
from churn_service.artefact.calibration import (
    Calibration,
    IdentityCalibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.artefact.document import (
    Blend,
    CurveTerm,
    LevelTerm,
    ModelDocument,
    Scorecard,
    Scorer,
    TrainingFacts,
)
from churn_service.artefact.pairs import LevelAxis, NumberAxis, PairTerm
from churn_service.artefact.trees import LEAF, Trees
from churn_service.scorer.calibration import compile_calibration
from churn_service.scorer.compilation import compile_scorer
from churn_service.scorer.flat import compile_flat

SCHEMA = CustomerSchema(
    name="small",
    id="id",
    fields=(
        Field(name="age", kind="number", minimum=0, maximum=100, nullable=True),
        Field(name="plan", kind="category", levels=("basic", "plus"), unknown="other"),
        Field(name="calls", kind="number", minimum=-9, maximum=100, blank=3.0),
        Field(name="senior", kind="boolean", levels=("0", "1"), blank="1"),
        Field(name="mood", kind="category", levels=("up", "down"), nullable=True),
    ),
)
TERMS = (
    CurveTerm(
        field="age",
        knots=(10.0, 20.0, 30.1),
        intercepts=(0.1, -0.3, 0.7, 1 / 3),
        slopes=(0.0, 0.1, -1 / 7, 0.0),
        missing=0.25,
    ),
    LevelTerm(field="plan", weights={"basic": 0.1, "plus": -0.7}, other=0.2),
    CurveTerm(field="calls", knots=(), intercepts=(0.3,), slopes=(0.01,)),
    LevelTerm(field="senior", weights={"0": 0.3, "1": -0.4}),
    LevelTerm(field="mood", weights={"up": 0.6, "down": -0.1}, missing=0.9),
)
CARD = Scorecard(intercept=-0.2, terms=TERMS)
PAIRS = (
    PairTerm(
        fields=("age", "senior"),
        axes=(NumberAxis(edges=(30.0, 50.0), missing=3), LevelAxis(cells={"0": 0, "1": 1})),
        table=((0.1, 0.2), (0.3, 0.4), (0.5, -0.6), (0.7, 0.8)),
    ),
    PairTerm(
        fields=("mood", "calls"),
        axes=(LevelAxis(cells={"up": 0, "down": 1}, missing=1), NumberAxis(edges=(0.0,))),
        table=((0.01, 0.02), (0.03, -0.04)),
    ),
)
TREES = Trees(
    base=-0.5,
    roots=(0, 5),
    feature=(0, LEAF, 3, LEAF, LEAF, 2, LEAF, LEAF),
    threshold=(30.0, 0.0, 0.0, 0.0, 0.0, 2.5, 0.0, 0.0),
    category_set=(-1, -1, 0, -1, -1, -1, -1, -1),
    category_sets=(("1",),),
    missing_left=(True, False, False, False, False, False, False, False),
    left=(1, 0, 3, 0, 0, 6, 0, 0),
    right=(2, 0, 4, 0, 0, 7, 0, 0),
    value=(0, 1 / 3, 0, -2.0, 0.5, 0, 0.25, -0.1),
    count=(9, 4, 5, 2, 3, 9, 5, 4),
)
SCORERS: dict[str, Scorer] = {
    "scorecard": CARD,
    "pairs": msgspec.structs.replace(CARD, pairs=PAIRS),
    "trees": TREES,
    "blend": Blend(members=(TREES, CARD, TREES), weights=(0.3, 0.6, 0.1)),
}
CALIBRATIONS: dict[str, Calibration] = {
    "identity": IdentityCalibration(),
    "platt": PlattCalibration(intercept=0.1, slope=1.7),
    "isotonic": IsotonicCalibration(logits=(-1.0, 0.0, 1.0), probabilities=(0.1, 0.4, 0.8)),
}


def document_of(scorer: Scorer, calibration: Calibration) -> ModelDocument:
    return ModelDocument(
        name="churn",
        schema=SCHEMA,
        schema_digest=SCHEMA.digest,
        threshold=0.5,
        scorer=scorer,
        calibration=calibration,
        training=TrainingFacts(data_sha256="0", config_sha256="0", rows=1, churned=1),
    )


def bodies() -> Iterator[bytes]:
    for record in itertools.islice(sample_customers(SCHEMA, 3), 400):
        yield msgspec.json.encode(record)
    for senior in (True, "0", 1, None):
        yield msgspec.json.encode({
            "age": None,
            "plan": "plus",
            "calls": None,
            "senior": senior,
            "mood": None,
        })


@pytest.mark.parametrize("calibration", CALIBRATIONS)
@pytest.mark.parametrize("scorer", SCORERS)
def test_a_row_gets_the_bits_of_the_plain_scorer(scorer: str, calibration: str) -> None:
    model = document_of(SCORERS[scorer], CALIBRATIONS[calibration])
    validator = Validator(SCHEMA)
    flat = compile_flat(model, validator.strict.translations)
    score, chance = compile_scorer(model), compile_calibration(model.calibration)
    for body in bodies():
        row = validator.strict.row(body)
        customer = validator.decode(body)
        assert row is not None
        assert validator.strict.customer(row) == customer
        assert flat(row) == chance(score(customer.values))


def test_far_logits_overflow_on_neither_side() -> None:
    validator = Validator(SCHEMA)
    row = validator.strict.row(next(bodies()))
    for intercept, chance in ((-2000.0, 0.0), (2000.0, 1.0)):
        card = msgspec.structs.replace(CARD, intercept=intercept)
        model = document_of(card, IdentityCalibration())
        assert compile_flat(model, validator.strict.translations)(row) == chance
