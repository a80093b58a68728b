"""Scorecards with a monotonic column: no two numbers whose scores turn back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_service.artefact.document import CurveTerm, Scorecard
from churn_service.scorer.compilation import compile_scorer
from churn_service.scorer.scorecard import Score, compile_scorecard
from churn_service.training.config import parse_config
from churn_service.training.cross_validation import sample_of
from churn_service.training.families.family import Tuned
from churn_service.training.families.fitting import fit_families
from churn_service.training.table import parse_table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import train_model

WAVE = '[data]\ntarget = "left"\npositive = "yes"\n[model]\nfamilies = ["spline"]\n'
RULES = '[columns.calls]\nmonotonic = "{calls}"\n[columns.fee]\nmonotonic = "{fee}"\n'


def wavy_csv(rows: int = 600) -> bytes:
    """Spell customers whose risk goes up and down with calls, up with the fee."""
    random = np.random.default_rng(8)
    lines = ["calls,fee,plan,left"]
    for _ in range(rows):
        calls, fee = random.integers(0, 40), round(float(random.uniform(10, 90)), 2)
        plan = random.choice(["basic", "plus"])
        logit = 1.5 * np.sin(calls / 4) + 0.03 * (fee - 50) + (plan == "plus")
        left = "yes" if random.random() < 1 / (1 + np.exp(-logit)) else "no"
        lines.append(f"{calls},{'' if random.random() < 0.1 else fee},{plan},{left}")
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture(scope="module")
def rising() -> TrainedModel:
    config = parse_config((WAVE + RULES.format(calls="increasing", fee="decreasing")).encode())
    return train_model(parse_table(wavy_csv()), config, "wavy")


@pytest.fixture(scope="module")
def score(rising: TrainedModel) -> Score:
    return compile_scorer(rising.document)


def test_a_constrained_spline_is_fitted_to_its_minimum(rising: TrainedModel) -> None:
    assert rising.family == "spline"
    assert rising.fit.facts()["gradient"] <= 1e-8
    assert rising.parity <= 1e-12


def test_a_constrained_curve_still_bends_where_it_may(rising: TrainedModel) -> None:
    scorer = rising.document.scorer
    assert isinstance(scorer, Scorecard)
    calls, fee = scorer.terms[:2]
    assert isinstance(calls, CurveTerm)
    assert isinstance(calls, CurveTerm)
    assert isinstance(fee, CurveTerm)
    assert min(calls.slopes) == 0 < max(calls.slopes)
    assert max(fee.slopes) == 0  # the truth rises: the best that is allowed is flat
    assert fee.missing is not None


@given(st.floats(-10, 60), st.floats(-10, 60))
def test_no_pair_of_calls_turns_back(score: Score, one: float, two: float) -> None:
    low, high = min(one, two), max(one, two)

    assert score((low, 50.0, "plus")) <= score((high, 50.0, "plus"))


@given(st.floats(0, 100), st.floats(0, 100))
def test_no_pair_of_fees_turns_back(score: Score, one: float, two: float) -> None:
    low, high = min(one, two), max(one, two)

    assert score((20.0, low, "plus")) >= score((20.0, high, "plus"))


@pytest.mark.parametrize("family", ["spline", "linear"])
@pytest.mark.parametrize(("direction", "sign"), [("increasing", 1), ("decreasing", -1)])
def test_neighbours_on_both_sides_of_every_knot_keep_their_order(
    rising: TrainedModel, family: str, direction: str, sign: int
) -> None:
    config = parse_config((WAVE + RULES.format(calls=direction, fee=direction)).encode())
    sample = sample_of(rising.dataset, config)
    fit = fit_families([family], sample, {family: Tuned({"C": 1.0}, {})})[family]
    scorer = fit.compile(sample.schema, sample.matrix)
    assert isinstance(scorer, Scorecard)
    score, fee = compile_scorecard(scorer), scorer.terms[1]
    assert isinstance(fee, CurveTerm)
    for knot in fee.knots:
        beside = [np.nextafter(knot, -np.inf), knot, np.nextafter(knot, np.inf)]
        scores = [score((10.0, float(number), "plus")) for number in beside]
        assert (sign * np.diff(scores) >= 0).all()
