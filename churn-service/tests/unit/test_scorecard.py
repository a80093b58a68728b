import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard
from churn_service.scorer.scorecard import (
    Values,
    card_mean,
    compile_contributions,
    compile_scorecard,
    sigmoid,
)

CURVE = CurveTerm(
    field="age",
    knots=(20.0, 60.0),
    intercepts=(1.0, 1.5, 0.0),
    slopes=(0.0, -0.025, 0.0),
    missing=0.25,
    mean=0.5,
)
LEVELS = LevelTerm(field="plan", weights={"basic": 0.5, "plus": -0.5}, missing=2.0, mean=0.1)


def card_with(*terms: LevelTerm | CurveTerm) -> Scorecard:
    return Scorecard(intercept=-1.0, terms=terms)


@pytest.mark.parametrize(
    ("values", "logit"),
    [
        (("basic", 20.0), 0.5),
        (("basic", 0.0), 0.5),
        (("plus", 40.0), -1.0),
        (("plus", 60.0), -1.5),
        (("plus", 500.0), -1.5),
        ((None, None), 1.25),
    ],
)
def test_a_logit_is_the_sum_of_the_looked_up_terms(values: Values, logit: float) -> None:
    assert compile_scorecard(card_with(LEVELS, CURVE))(values) == pytest.approx(logit, abs=1e-15)


def test_an_unseen_level_has_the_weight_of_other() -> None:
    score = compile_scorecard(card_with(msgspec.structs.replace(LEVELS, other=0.75)))

    assert score(("never seen",)) == -0.25


def test_an_unseen_level_without_that_weight_is_an_error() -> None:
    with pytest.raises(KeyError):
        compile_scorecard(card_with(LEVELS))(("never seen",))


@given(st.sampled_from(["basic", "plus", None]), st.none() | st.floats(-1e6, 1e6))
def test_contributions_and_base_add_up_to_the_logit(plan: str | None, age: float | None) -> None:
    card = card_with(LEVELS, CURVE)
    values = (plan, age)

    total = card_mean(card) + sum(compile_contributions(card)(values))

    assert total == pytest.approx(compile_scorecard(card)(values), abs=1e-12)


@pytest.mark.parametrize("logit", [-800.0, -1.0, 0.0, 1.0, 800.0])
def test_the_sigmoid_does_not_overflow(logit: float) -> None:
    assert 0.0 <= sigmoid(logit) <= 1.0
    assert sigmoid(logit) + sigmoid(-logit) == pytest.approx(1.0, abs=1e-15)
    assert sigmoid(0.0) == 0.5
    assert math.isclose(sigmoid(1.0), 0.7310585786300049)
