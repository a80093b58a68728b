"""What the report measures, against tables and models whose truth is known."""

import dataclasses
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from churn_service.artefact.document import Scorecard
from churn_service.artefact.interval import IntervalTable
from churn_service.training.report import effects as effects_module
from churn_service.training.report.curves import auc_interval, curves
from churn_service.training.report.design import blocks_of
from churn_service.training.report.effects import effects
from churn_service.training.report.facts import Facts
from churn_service.training.report.fairness import fairness
from churn_service.training.report.groups import groups_of
from churn_service.training.report.intervals import interval_rows
from churn_service.training.report.judged import Judged
from churn_service.training.report.leak_checks import leak_checks
from churn_service.training.report.outlook import auc_change
from churn_service.training.report.profile import profile, profile_edges
from churn_service.training.report.profit import money
from churn_service.training.report.proportions import share_if_any, share_of, share_text
from churn_service.training.report.reliability import reliability
from churn_service.training.report.slices import slices
from churn_service.training.trained import TrainedModel


def with_truth(judged: Judged, probability: np.ndarray, seed: int = 3) -> Judged:
    """Return the customers with these probabilities, and outcomes drawn from the said ones."""
    drawn = np.random.default_rng(seed).random(len(probability)) < judged.probability
    return dataclasses.replace(judged, probability=probability, churned=drawn.astype(np.int64))


def test_the_judge_says_what_the_service_says(readers_model: TrainedModel, judged: Judged) -> None:
    rows = readers_model.split.test
    fitted = readers_model.fit.probabilities(readers_model.dataset.matrix(rows))
    np.testing.assert_allclose(judged.probability, fitted, atol=1e-12)


def test_a_calibrated_model_stays_within_its_noise(judged: Judged) -> None:
    found = reliability(with_truth(judged, judged.probability))
    assert found.error <= found.error_limit
    assert len(found.bins) == 10
    assert all(entry.low <= entry.said <= entry.high for entry in found.bins)


def test_a_bold_model_leaves_the_noise(judged: Judged) -> None:
    odds = (judged.probability / (1 - judged.probability)) ** 3
    found = reliability(with_truth(judged, odds / (1 + odds)))
    assert found.error > 2 * found.error_limit


def test_gains_end_with_all_leavers_at_average_lift(facts: Facts) -> None:
    last = facts.ranking.gains[-1]
    assert (last.share, last.found, last.lift) == (1.0, pytest.approx(1.0), pytest.approx(1.0))
    assert facts.ranking.gains[0].lift > 1.5


def test_the_scores_hold_every_customer(facts: Facts, judged: Judged) -> None:
    assert sum(entry.stayed + entry.churned for entry in facts.ranking.scores) == len(
        judged.churned
    )


def test_the_auc_interval_covers_as_often_as_it_says() -> None:
    random = np.random.default_rng(4)
    true, covered = 0.7602, 0
    for _ in range(200):
        churned = np.repeat([0, 1], [150, 50])
        _, low, high = auc_interval(churned, random.normal(churned, 1.0), np.ones(200))
        covered += low <= true <= high
    assert covered >= 180


def test_the_rule_of_prices_costs_least_when_probabilities_are_right(judged: Judged) -> None:
    found = money(with_truth(judged, judged.probability))
    assert found.rule.threshold == pytest.approx(0.2)
    assert found.rule.cost <= found.served.cost
    assert found.best.cost <= found.rule.cost <= min(found.nobody, found.everybody) * 1.05


def test_costs_are_those_of_counting(judged: Judged) -> None:
    point = money(judged).served
    cost = (100 * point.offers + 500 * point.missed) / len(judged.churned)
    assert point.cost == pytest.approx(cost)


def test_effects_are_the_served_curves(readers_model: TrainedModel, facts: Facts) -> None:
    by_field = {effect.field: effect for effect in facts.effects}
    assert facts.effects[0].field == "weeks"
    edition = {point.name: point for point in by_field["edition"].points}
    assert edition["south"].effect - edition["north"].effect == pytest.approx(0.7, abs=0.25)
    scorer = readers_model.document.scorer
    assert isinstance(scorer, Scorecard)
    weights = next(term for term in scorer.terms if term.field == "edition")
    gap = weights.weights["south"] - weights.weights["north"]  # type: ignore[union-attr]  # levels
    assert edition["south"].effect - edition["north"].effect == pytest.approx(gap, abs=1e-12)


def test_a_field_without_effect_has_zero_inside_its_interval(facts: Facts) -> None:
    fee = next(effect for effect in facts.effects if effect.field == "fee")
    assert any(point.name == "missing" for point in fee.points)
    inside = [point.low <= 0 <= point.high for point in fee.points if point.low is not None]  # type: ignore[operator]  # both or none
    assert np.mean(inside) >= 0.75


def test_one_newton_step_is_as_wide_as_fitting_again(readers_model: TrainedModel) -> None:
    rows = readers_model.split.fit
    scorer = readers_model.document.scorer
    assert isinstance(scorer, Scorecard)
    blocks = blocks_of(scorer, readers_model.document.schema, readers_model.dataset.matrix(rows))
    columns = np.hstack([block.columns for block in blocks])
    churned = readers_model.dataset.churned[rows]
    start = LogisticRegression(C=1.0, solver="newton-cholesky").fit(columns, churned)
    fitted = _with_heights(blocks, start.coef_[0])
    moves = effects_module._moves(start.intercept_[0], fitted, churned, np.ones(len(rows)))
    assert moves is not None
    random = np.random.default_rng(8)
    again = np.array([
        LogisticRegression(C=1.0, solver="newton-cholesky")
        .fit(columns, churned, sample_weight=random.poisson(1.0, len(rows)).astype(float))
        .coef_[0]
        for _ in range(80)
    ])
    ratio = np.median(moves.std(axis=0) / again.std(axis=0))
    assert 0.85 < ratio < 1.15


def _with_heights(blocks: list, coefficients: np.ndarray) -> list:
    ends = np.cumsum([len(block.places) for block in blocks])[:-1]
    parts = np.split(coefficients, ends)
    return [
        dataclasses.replace(block, heights=part) for block, part in zip(blocks, parts, strict=True)
    ]


def test_too_many_weights_get_no_interval(
    readers_model: TrainedModel, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects_module, "MOST_WEIGHTS", 3)
    assert all(
        point.low is None for effect in effects(readers_model, judged) for point in effect.points
    )


def test_a_model_that_is_no_sum_is_asked_with_changed_values(judged: Judged) -> None:
    by_field = {effect.field: effect for effect in effects_module._mean_effects(judged)}
    weeks = by_field["weeks"].points
    assert not by_field["weeks"].exact
    assert weeks[0].effect > 0 > weeks[-1].effect
    assert by_field["fee"].points[-1].name == "missing"
    assert [point.name for point in by_field["edition"].points] == ["north", "south", "west"]


def test_segments_name_what_sets_them_apart(facts: Facts) -> None:
    south = next(segment for segment in facts.segments if segment.group == "south")
    assert south.field == "edition"
    assert all(driver.field != "edition" for driver in south.drivers)
    assert all(driver.low <= driver.share <= driver.high for driver in south.drivers)


def test_the_profile_follows_the_number_that_counts_time(facts: Facts) -> None:
    assert facts.profile is not None
    assert (facts.profile.field, facts.profile.is_time) == ("weeks", True)
    rates = [entry.happened.value for entry in facts.profile.bins]
    assert len(rates) == 12
    assert rates[0] > 0.6
    assert rates[-1] < 0.2


def test_without_a_unit_of_time_the_strongest_number_stands_in(gym_model: TrainedModel) -> None:
    from churn_service.training.report.judged import judge_test_part  # noqa: PLC0415 - once

    found = profile(gym_model, judge_test_part(gym_model), ("Visits", "Age of the member"))
    assert found is not None
    assert found.field in {"Visits", "Age of the member"}


def test_a_table_without_numbers_has_no_profile(
    readers_model: TrainedModel, judged: Judged
) -> None:
    assert profile(readers_model, judged, ()) is None


def test_the_profit_curve_rises_to_the_mpc_and_falls(facts: Facts) -> None:
    money = facts.money
    shares = [point.share for point in money.profits]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    best = max(point.per_customer for point in money.profits)
    assert best == pytest.approx(money.mpc.per_customer, rel=0.02)


def test_groups_of_exactly_the_same_customers_are_one_slice(judged: Judged) -> None:
    place = [field.name for field in judged.schema.features].index("student")
    copied = msgspec.structs.replace(judged.schema.features[place], name="copied", label="copied")
    schema = msgspec.structs.replace(judged.schema, fields=(*judged.schema.features, copied))
    both = dataclasses.replace(
        judged,
        predictor=SimpleNamespace(schema=schema),
        matrix=np.column_stack([judged.matrix, judged.matrix[:, place]]),
    )
    found = slices(both)
    alike = [entry for entry in found if entry.field == "student"]
    assert {entry.twins for entry in alike} == {("copied: no",), ("copied: yes",)}
    assert len(found) == len(slices(judged))


@pytest.mark.parametrize(
    ("numbers", "edges"),
    [
        ([0.0] * 50 + [1.0] * 50, [0, 1, 1]),
        ([0.0] + [1.0] * 99, [0, 1]),
        ([1.0] * 99 + [2.0], [1, 2]),
        ([3.0] * 9 + [np.nan], [3, 3]),
        ([0.0, *np.repeat(np.arange(1.0, 41), 30)], None),
    ],
)
def test_bins_of_the_profile_have_customers_enough(
    numbers: list[float], edges: list[float] | None
) -> None:
    found = profile_edges(np.array(numbers))
    if edges is None:
        assert len(found) == 13
        assert found[1] > 1
    else:
        assert found.tolist() == edges


def test_slices_have_at_least_200_customers_and_the_worst_first(facts: Facts) -> None:
    assert all(entry.happened.rows >= 200 for entry in facts.slices)
    scores = [abs(entry.score) for entry in facts.slices]
    assert scores == sorted(scores, reverse=True)


def test_a_slice_that_the_model_gets_wrong_is_found(judged: Judged) -> None:
    edition = next(field for field in judged.schema.features if field.name == "edition")
    south = next(group for group in groups_of(judged, edition) if group.name == "south")
    wrong = judged.probability.copy()
    wrong[south.rows] /= 3
    worst = slices(dataclasses.replace(judged, probability=wrong))[0]
    assert (worst.field, worst.group) == ("edition", "south")
    assert worst.score > 3


def test_sensitive_groups_are_compared_and_small_ones_marked(judged: Judged) -> None:
    groups = {entry.group: entry for entry in fairness(judged)}
    assert set(groups) == {"no", "yes"}
    assert max(entry.ratio for entry in groups.values()) == 1.0
    assert not groups["no"].small
    few = dataclasses.replace(
        judged,
        matrix=judged.matrix[:150],
        churned=judged.churned[:150],
        probability=judged.probability[:150],
        weights=judged.weights[:150],
    )
    assert all(entry.small for entry in fairness(few))


def test_the_leak_checks_pass_on_an_honest_table(facts: Facts) -> None:
    assert [check.name for check in facts.leaks if not check.passed] == []
    assert any(check.name == "an empty cell alone" for check in facts.leaks)


def test_a_customer_on_both_sides_is_noticed(readers_model: TrainedModel, judged: Judged) -> None:
    rows = readers_model.split.test
    keys = list(readers_model.dataset.keys)
    keys[rows[0]] = keys[readers_model.split.fit[0]]
    dataset = dataclasses.replace(readers_model.dataset, keys=tuple(keys))
    checks = leak_checks(dataclasses.replace(readers_model, dataset=dataset), judged)
    failed = [check for check in checks if not check.passed]
    assert [check.name for check in failed] == ["no customer stands on both sides"]
    assert failed[0].found.startswith("1 of")


def test_the_outlook_says_what_a_lost_field_costs(facts: Facts) -> None:
    lost = next(change for change in facts.outlook if change.what.startswith("weeks arrives wrong"))
    before, after = (float(word) for word in lost.then.split() if word.startswith("0."))
    assert after < before - 0.1


@pytest.mark.parametrize(
    ("after", "words"),
    [(0.8, "falls from 0.847 to 0.800"), (0.8473, "stays at 0.847"), (0.9, "rises from 0.847")],
)
def test_a_field_that_others_make_up_for_costs_nothing(after: float, words: str) -> None:
    assert words in auc_change(0.8471, after)


def test_intervals_are_told_for_probabilities_that_the_model_gives() -> None:
    table = IntervalTable(level=0.9, edges=(), lower=(-0.5,), upper=(0.5,))
    rows = interval_rows(table, np.array([0.15, 0.45]))
    assert [row.probability for row in rows] == [0.2, 0.3, 0.4]
    assert all(row.low < row.probability < row.high for row in rows)
    assert interval_rows(None, np.array([0.5])) == ()


def test_precision_is_told_where_somebody_is_found(judged: Judged) -> None:
    wrong = dataclasses.replace(judged, probability=np.where(judged.churned == 1, 0.1, 0.9))
    assert curves(wrong).precision_recall[0][0] > 0


def test_the_rows_of_a_heavy_customer_are_no_crowd() -> None:
    flags = np.array([1, 0, 1, 0, 1, 0])
    even = share_of(flags, np.ones(6))
    heavy = share_of(flags, np.array([1, 1, 1, 1, 1, 50.0]))
    assert even.value == 0.5
    assert heavy.high - heavy.low > even.high - even.low
    assert share_if_any(flags[:0], np.ones(0)) is None
    assert share_text(None) == "none"


def test_curves_of_weighted_rows_count_the_weights(judged: Judged) -> None:
    heavy = dataclasses.replace(judged, weights=np.where(judged.churned == 1, 3.0, 1.0))
    assert curves(heavy).precision_recall[-1][1] > curves(judged).precision_recall[-1][1]


@pytest.mark.parametrize("rows", range(1, 60))
@pytest.mark.parametrize("flag", [0, 1])
def test_an_interval_holds_its_share_even_at_the_ends(rows: int, flag: int) -> None:
    share = share_of(np.full(rows, flag), np.ones(rows))
    assert share.low <= share.value <= share.high
