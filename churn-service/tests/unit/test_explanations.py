"""Explanations add up, whatever kind of scorer the model has."""

import math

import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Validator
from churn_service.artefact.calibration import PlattCalibration
from churn_service.artefact.document import ModelDocument, TrainingFacts
from churn_service.artefact.trees import LEAF, Trees
from churn_service.explanations import explain
from churn_service.loading import load_predictor
from churn_service.predictor import Predictor
from churn_service.training.trainer import Registration

SHOP = CustomerSchema(
    name="shop",
    fields=(
        Field(name="age", kind="number", minimum=0, maximum=100),
        Field(name="plan", kind="category", levels=("basic", "plus"), actionable=True),
    ),
)
TREES = Trees(
    base=-0.5,
    roots=(0,),
    feature=(0, 1, LEAF, LEAF, LEAF),
    threshold=(30.0, 0.0, 0.0, 0.0, 0.0),
    category_set=(-1, 0, -1, -1, -1),
    category_sets=(("basic",),),
    missing_left=(False, False, False, False, False),
    left=(1, 2, 0, 0, 0),
    right=(4, 3, 0, 0, 0),
    value=(0, 0, 1.0, 0.25, -2.0),
    count=(100, 60, 20, 40, 40),
)


@pytest.fixture(scope="module")
def shop() -> Predictor:
    """Make a model of one tree, whose probability is not the sigmoid of its logit."""
    document = ModelDocument(
        name="shop",
        schema=SHOP,
        schema_digest=SHOP.digest,
        threshold=0.5,
        horizon_days=30,
        scorer=TREES,
        calibration=PlattCalibration(intercept=0.5, slope=2.0),
        training=TrainingFacts(data_sha256="d" * 64, config_sha256="c" * 64, rows=100, churned=30),
    )
    return Predictor("v1", document, Validator(SHOP))


def assert_adds_up(predictor: Predictor, rows: int, tolerance: float) -> None:
    samples = sample_customers(predictor.schema, seed=5)
    for _ in range(rows):
        found = explain(predictor, predictor.validator.check(next(samples)))
        total = math.fsum(reason.contribution for reason in found.contributions)
        assert found.base_logit + total == pytest.approx(found.logit, abs=tolerance)


def test_contributions_of_a_scorecard_add_up(gym_version: Registration) -> None:
    assert_adds_up(load_predictor(gym_version.folder), 50, 1e-12)


def test_contributions_of_trees_add_up(shop: Predictor) -> None:
    assert_adds_up(shop, 50, 1e-9)


def test_probabilities_are_the_calibrated_ones(shop: Predictor) -> None:
    found = explain(shop, shop.validator.check({"age": 20, "plan": "basic"}))
    assert found.logit == 0.5
    assert found.base_logit == pytest.approx(-0.5 + (20 * 1 + 40 * 0.25 + 40 * -2) / 100)
    assert found.churn_probability == pytest.approx(1 / (1 + math.exp(-1.5)))
    assert found.base_probability == pytest.approx(1 / (1 + math.exp(-0.5 - 2 * found.base_logit)))
    [entry] = found.what_if
    assert (entry.field, [other.value for other in entry.alternatives]) == ("plan", ["plus"])
