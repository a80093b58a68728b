"""The batch scorer and the intervals: the bits of one customer at a time, and its ends."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_contract.schema import CustomerSchema, Field
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
from churn_service.artefact.interval import IntervalTable
from churn_service.artefact.pairs import LevelAxis, NumberAxis, PairTerm
from churn_service.scorer.batch import compile_batch
from churn_service.scorer.calibration import compile_calibration, compile_interval, logit_of
from churn_service.scorer.compilation import compile_scorer
from churn_service.scorer.scorecard import sigmoid

SCHEMA = CustomerSchema(
    name="small",
    fields=(
        Field(name="plan", kind="category", levels=("basic", "plus"), unknown="other"),
        Field(name="age", kind="number", minimum=-900, maximum=900, nullable=True),
    ),
)
CARD = Scorecard(
    intercept=-0.2,
    terms=(
        LevelTerm(field="plan", weights={"basic": 0.1, "plus": -0.7}, other=0.2),
        CurveTerm(
            field="age",
            knots=(10.0, 20.0, 30.1),
            intercepts=(0.1, -0.3, 0.7, 1 / 3),
            slopes=(1.0, 0.1, -1 / 7, 1.0),
            missing=0.25,
        ),
    ),
)
PAIR = PairTerm(
    fields=("age", "plan"),
    axes=(
        NumberAxis(edges=(30.0,), missing=2),
        LevelAxis(cells={"basic": 0, "plus": 1}, other=1),
    ),
    table=((0.1, 0.2), (0.3, -0.4), (0.5, 0.6)),
)
SCORERS: dict[str, Scorer] = {
    "scorecard": CARD,
    "pairs": msgspec.structs.replace(CARD, pairs=(PAIR,)),
    "blend": Blend(members=(CARD, CARD), weights=(0.3, 0.7)),
}
CALIBRATIONS: dict[str, Calibration] = {
    "identity": IdentityCalibration(),
    "platt": PlattCalibration(intercept=0.1, slope=1.7),
    "isotonic": IsotonicCalibration(logits=(-1.0, 0.0, 1.0), probabilities=(0.1, 0.4, 0.8)),
}
CUSTOMERS = [
    (plan, age)
    for plan in ("basic", "plus", "never seen")
    for age in (None, -900.0, -0.0, 9.999, 10.0, 20.0, 30.1, 31.0, 900.0)
]


@pytest.mark.parametrize("scorer", SCORERS)
@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_many_customers_get_the_bits_of_one(scorer: str, calibration: str) -> None:
    document = ModelDocument(
        name="churn",
        schema=SCHEMA,
        schema_digest=SCHEMA.digest,
        threshold=0.5,
        scorer=SCORERS[scorer],
        calibration=CALIBRATIONS[calibration],
        training=TrainingFacts(data_sha256="0", config_sha256="0", rows=1, churned=1),
    )
    score, chance = compile_scorer(document), compile_calibration(document.calibration)

    found = compile_batch(document)(CUSTOMERS)

    assert found == [chance(score(values)) for values in CUSTOMERS]
    assert compile_batch(document)([]) == []


TABLE = IntervalTable(
    level=0.9, edges=(-1.0, 1.0), lower=(-0.5, 0.0, -999.0), upper=(0.25, 0.5, 999.0)
)


@given(st.floats(0, 1))
def test_an_interval_adds_to_the_logit_and_holds_its_probability(probability: float) -> None:
    low, high = compile_interval(TABLE)(probability)

    assert 0 <= low <= probability <= high <= 1
    logit = logit_of(probability)
    band = sum(logit >= edge for edge in TABLE.edges)
    if 1e-15 < probability < 0.7 and min(abs(abs(logit) - 1), abs(logit)) > 1e-9:
        assert low == pytest.approx(sigmoid(logit + TABLE.lower[band]), rel=1e-9)
        assert high == pytest.approx(sigmoid(logit + TABLE.upper[band]), rel=1e-9)


@pytest.mark.parametrize("probability", [0.0, 5e-324, 1e-300, 1 - 2**-53, 1.0])
def test_an_interval_of_an_extreme_is_finite(probability: float) -> None:
    assert all(map(math.isfinite, compile_interval(TABLE)(probability)))
