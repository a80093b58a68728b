"""Split, tuning, fit, compiling, golden rows and metrics on the made-up table."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer
from churn_service.scorer.scorecard import compile_scorecard
from churn_service.training import pipeline
from churn_service.training.dataset import to_matrix
from churn_service.training.errors import DataError, FitError
from churn_service.training.exploration import explore
from churn_service.training.golden import UNSEEN_LEVEL, golden_cells
from churn_service.training.metrics import calibration_slope, lift, measure
from churn_service.training.pipeline import fit_scorecard
from churn_service.training.split import position, split_dataset, split_keys
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import check_parity


def test_a_customer_keeps_its_part_whoever_else_is_there() -> None:
    keys = [f"c{number}" for number in range(1000)]
    few, many = split_keys(keys[:100]), split_keys(keys)

    assert set(few.test) == {row for row in many.test if row < 100}
    assert sorted([*many.train, *many.validation, *many.test]) == list(range(1000))
    assert 160 < len(many.test) < 240
    assert 160 < len(many.validation) < 240
    assert list(many.fit) == sorted(set(many.train) | set(many.validation))


def test_the_place_of_a_key_never_changes() -> None:
    assert position("7590-VHVEG") == 0.5901398569684694


def test_a_part_with_one_outcome_only_is_refused(gym_model: TrainedModel) -> None:
    nobody = np.zeros(len(gym_model.dataset.churned), dtype=np.int64)

    with pytest.raises(DataError, match="the train part has only one outcome"):
        split_dataset(replace(gym_model.dataset, churned=nobody))


def test_a_fit_that_did_not_converge_is_refused(
    gym_model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "GRADIENT_LIMIT", 1e-30)
    dataset = gym_model.dataset

    with pytest.raises(FitError, match="did not converge: max"):
        fit_scorecard(dataset.matrix(), dataset.churned, dataset.schema, 1.0)


def test_tables_that_differ_from_the_pipeline_are_refused(gym_model: TrainedModel) -> None:
    scorer = msgspec.structs.replace(
        gym_model.document.scorer, intercept=gym_model.document.scorer.intercept + 1e-9
    )
    document = msgspec.structs.replace(gym_model.document, scorer=scorer)

    with pytest.raises(FitError, match="tables and pipeline differ"):
        check_parity(gym_model.dataset, gym_model.fit, document)


@given(data=st.data())
def test_tables_equal_the_pipeline_for_any_valid_customer(
    gym_model: TrainedModel, data: st.DataObject
) -> None:
    schema = gym_model.document.schema
    values = tuple(data.draw(values_of(field)) for field in schema.features)

    logit = compile_scorecard(gym_model.document.scorer)(values)

    expected = gym_model.fit.logits(to_matrix(schema, [Customer(None, values)]))[0]
    assert logit == pytest.approx(expected, rel=1e-12, abs=1e-12)


def values_of(field: Field) -> st.SearchStrategy[float | str | None]:
    """Draw what the validator may hand over for a field."""
    values: st.SearchStrategy[float | str | None]
    if field.kind == "number":
        values = st.floats(field.minimum, field.maximum)
    else:
        seen = [*field.levels, "unseen"] if field.unknown == "other" else field.levels
        values = st.sampled_from(seen)
    return values | st.none() if field.nullable else values


def test_means_of_the_terms_are_those_of_the_fitted_customers(gym_model: TrainedModel) -> None:
    matrix = gym_model.dataset.matrix(gym_model.split.fit)
    terms = gym_model.document.scorer.terms

    total = gym_model.document.scorer.intercept + sum(term.mean for term in terms)

    assert total == pytest.approx(gym_model.fit.logits(matrix).mean(), abs=1e-9)


def test_golden_rows_show_every_level_end_gap_and_the_unseen(gym_model: TrainedModel) -> None:
    schema = gym_model.document.schema
    cells = golden_cells(schema)

    assert len(cells) >= 50
    for field in schema.features:
        shown = {row[field.name] for row in cells}
        assert set(field.levels) <= shown
        assert ("" in shown) == field.nullable
        assert (UNSEEN_LEVEL in shown) == (field.unknown == "other")
        if field.kind == "number":
            assert {repr(field.lowest), repr(field.highest), repr(field.maximum)} <= shown


def test_a_small_schema_has_enough_golden_rows() -> None:
    schema = CustomerSchema(
        name="t", fields=(Field(name="a", kind="boolean", levels=("no", "yes")),)
    )

    assert len(golden_cells(schema)) >= 50


def test_metrics_of_good_and_bad_probabilities() -> None:
    churned = np.array([0, 0, 1, 1] * 50)
    good = measure(churned, np.where(churned == 1, 0.8, 0.2))

    assert (good.rows, good.churned, good.auc, good.average_precision) == (200, 100, 1.0, 1.0)
    assert good.brier == pytest.approx(0.04)
    assert good.log_loss == pytest.approx(-np.log(0.8))
    assert good.lift_at_10 == pytest.approx(2.0)


def test_the_slope_is_one_when_probabilities_are_right() -> None:
    random = np.random.default_rng(3)
    probability = random.uniform(0.05, 0.95, 20_000)
    churned = (random.random(20_000) < probability).astype(np.int64)
    bold = 1 / (1 + np.exp(-2 * np.log(probability / (1 - probability))))

    assert calibration_slope(churned, probability) == pytest.approx(1.0, abs=0.05)
    assert calibration_slope(churned, bold) == pytest.approx(0.5, abs=0.03)


def test_ties_at_the_border_of_the_lift_count_with_their_mean() -> None:
    churned = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0])

    assert lift(churned, np.full(10, 0.3), 0.1) == pytest.approx(1.0)
    assert lift(churned, churned.astype(float), 0.1) == pytest.approx(5.0)


def test_exploring_finds_the_strongest_feature_first(gym_model: TrainedModel) -> None:
    dataset = gym_model.dataset
    views = explore(dataset.schema, dataset.matrix(), dataset.churned)

    assert views[0].field.name == "visits"
    assert all(sum(group.rows for group in view.groups) == 1500 for view in views)
    mood = next(view for view in views if view.field.name == "mood")
    assert {group.name for group in mood.groups} == {"missing", "none", "good"}


def test_each_part_is_measured_on_its_own_customers(gym_model: TrainedModel) -> None:
    split, dataset = gym_model.split, gym_model.dataset

    assert gym_model.test == measure(
        dataset.churned[split.test], gym_model.fit.probabilities(dataset.matrix(split.test))
    )
    assert gym_model.validation.rows == len(split.validation)
    assert gym_model.validation.churned == dataset.churned[split.validation].sum()


def test_the_validation_part_is_judged_by_a_fit_that_has_not_seen_it(
    gym_model: TrainedModel,
) -> None:
    split, dataset = gym_model.split, gym_model.dataset
    rows = dataset.matrix(split.train), dataset.churned[split.train]
    trial = fit_scorecard(*rows, dataset.schema, gym_model.tuned.settings["C"])

    expected = measure(
        dataset.churned[split.validation], trial.probabilities(dataset.matrix(split.validation))
    )
    assert gym_model.validation.log_loss == pytest.approx(expected.log_loss, abs=1e-9)
