"""The gate: who may follow the champion, and what the verdict says."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer, Validator
from churn_service.artefact.document import (
    CurveTerm,
    LevelTerm,
    ModelDocument,
    Scorecard,
    TrainingFacts,
)
from churn_service.artefact.golden import GoldenRow
from churn_service.artefact.verdict import Verdict
from churn_service.predictor import Predictor
from churn_service.training import paired
from churn_service.training.contest import Contest, HeldOut
from churn_service.training.gate import judge, judge_damaged
from churn_service.training.golden import golden_cells
from churn_service.training.golden_check import Side, check_golden, damaged
from churn_service.training.slice_check import check_slices

AGE = Field(name="age", kind="number", minimum=0, maximum=100)
PLAN = Field(name="plan", kind="category", levels=("basic", "plus"))
SCHEMA = CustomerSchema(name="small", fields=(AGE, PLAN))


def document(
    slope: float = 0.05, plus: float = -1.0, fields: tuple[Field, ...] = (AGE, PLAN), **other: Any
) -> ModelDocument:
    """A model whose logit is slope * (age - 50) and `plus` for that plan."""
    schema = msgspec.structs.replace(SCHEMA, fields=fields)
    terms = tuple(term(field, slope, plus) for field in fields)
    made = ModelDocument(
        name="small",
        schema=schema,
        schema_digest=schema.digest,
        threshold=0.5,
        scorer=Scorecard(intercept=-50 * slope, terms=terms),
        training=TrainingFacts(data_sha256="d", config_sha256="c", rows=900, churned=300),
    )
    return msgspec.structs.replace(made, **other)


def term(field: Field, slope: float, plus: float) -> CurveTerm | LevelTerm:
    missing = 0.0 if field.accepts_missing else None
    if field.kind == "number":
        return CurveTerm(
            field=field.name, knots=(0.0, 100.0), intercepts=(0.0, 0.0, 100 * slope),
            slopes=(0.0, slope, 0.0), missing=missing,
        )  # fmt: skip
    weights = {level: plus * index for index, level in enumerate(field.levels)}
    return LevelTerm(field=field.name, weights=weights, missing=missing)


def predictor(made: ModelDocument, version: str = "new") -> Predictor:
    return Predictor(version, made, Validator(made.schema))


@pytest.fixture(scope="session")
def held_out() -> HeldOut:
    """Customers who leave exactly as the model of `document()` says."""
    random = np.random.default_rng(11)
    ages, plus = random.uniform(0, 100, 3000), random.random(3000) < 0.5
    logit = 0.05 * (ages - 50) - plus
    churned = (random.random(3000) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    customers = [
        Customer(None, (float(age), "plus" if has else "basic"))
        for age, has in zip(ages, plus, strict=True)
    ]
    return HeldOut(SCHEMA, customers, churned, "d" * 64)


@pytest.fixture
def steady() -> Callable[[], float]:
    """A clock on which everything takes a second."""
    return itertools.count().__next__


def verdict_on(made: ModelDocument, rows: HeldOut, clock: Callable[[], float]) -> Verdict:
    sides = predictor(made), predictor(document(), "old")
    at, golden = "2030-01-01T00:00:00Z", check_golden(golden_of(sides[0]), golden_of(sides[1]))
    return judge(*sides, rows, golden=golden, at=at, clock=clock)


def golden_of(scorer: Predictor, *, off: float = 0.0) -> Side:
    """A version with the answers of its training, the last one changed by `off`."""
    cells = golden_cells(scorer.schema)
    found = scorer.predict([scorer.validator.check_text(row) for row in cells])
    rows = [
        GoldenRow(cells=row, logit=0.0, churn_probability=each.churn_probability)
        for row, each in zip(cells, found, strict=True)
    ]
    last = rows[-1].churn_probability + off
    rows[-1] = msgspec.structs.replace(rows[-1], churn_probability=last)
    return scorer, rows


def failed(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if check.judged and not check.passed]


def test_an_equal_model_passes_every_check(held_out: HeldOut, steady: Any) -> None:
    verdict = verdict_on(document(slope=0.051), held_out, steady)

    assert verdict.passed
    assert (verdict.version, verdict.against, verdict.rows) == ("new", "old", 3000)
    assert [check.name for check in verdict.checks] == [
        "golden rows", "schema", "rows", "log loss", "AUC", "calibration", "slices", "latency",
    ]  # fmt: skip


def test_a_model_that_lost_a_field_effect_fails_on_quality_and_in_the_slice(
    held_out: HeldOut, steady: Any
) -> None:
    verdict = verdict_on(document(plus=1.0), held_out, steady)

    assert {"log loss", "AUC", "slices"} <= set(failed(verdict))
    assert "plan = plus: +0." in verdict.text()


def test_a_model_too_bold_fails_on_calibration(held_out: HeldOut, steady: Any) -> None:
    verdict = verdict_on(document(slope=0.09, plus=-1.8), held_out, steady)

    assert "calibration" in failed(verdict)
    assert "AUC" not in failed(verdict)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ((AGE, PLAN, Field(name="city", kind="category", levels=("a", "b"))), "new required"),
        ((AGE,), "plan is not taken any more"),
        ((AGE, msgspec.structs.replace(PLAN, levels=("basic",))), "does not take plus"),
        ((msgspec.structs.replace(PLAN, name="age"), PLAN), "age is a category, not a number"),
    ],
)
def test_a_schema_that_breaks_clients_fails(
    held_out: HeldOut, steady: Any, fields: tuple[Field, ...], words: str
) -> None:
    check = next(
        check
        for check in verdict_on(document(fields=fields), held_out, steady).checks
        if check.name == "schema"
    )

    assert not check.passed
    assert words in check.found


def test_rows_without_a_new_field_are_scored_when_it_may_be_missing(
    held_out: HeldOut, steady: Any
) -> None:
    city = Field(name="city", kind="category", levels=("a", "b"), nullable=True)

    verdict = verdict_on(document(fields=(AGE, PLAN, city)), held_out, steady)

    assert failed(verdict) == ["schema"]
    assert verdict.rows == 3000


def test_what_may_no_longer_be_missing_and_another_horizon_are_named(
    held_out: HeldOut, steady: Any
) -> None:
    nullable = document(fields=(msgspec.structs.replace(AGE, nullable=True), PLAN))
    champion = predictor(msgspec.structs.replace(nullable, horizon_days=30), "old")

    verdict = judge(
        predictor(document()), champion, held_out, golden=damaged("-"), at="t", clock=steady
    )

    assert "age may not be missing any more" in verdict.failures()
    assert "the horizon is None days, not 30" in verdict.failures()


def test_too_few_rows_are_no_proof(held_out: HeldOut, steady: Any) -> None:
    few = HeldOut(SCHEMA, held_out.customers[:150], held_out.churned[:150], "d")

    verdict = verdict_on(document(), few, steady)

    assert failed(verdict) == ["rows"]
    assert "150 rows" in verdict.text()
    assert not verdict.passed
    assert len(verdict.checks) == 8
    assert "\n  -    calibration  not judged: too few rows\n" in verdict.text()
    assert "not judged" not in verdict.failures()


def test_a_version_whose_answers_are_not_those_of_its_training_fails() -> None:
    sound, changed = predictor(document(), "old"), golden_of(predictor(document()), off=1e-9)

    check = check_golden(changed, golden_of(sound))

    assert not check.passed
    assert "the candidate scores 1 of 64 otherwise, by 1e-09 at most" in check.found
    assert "the champion scores 1 of" in check_golden(golden_of(sound), changed).found


def test_a_version_that_cannot_be_loaded_fails_and_nothing_else_is_judged(
    held_out: HeldOut,
) -> None:
    verdict = judge_damaged("new", "old", held_out, reason="model.json: is missing", at="t")

    assert not verdict.passed
    assert failed(verdict) == ["golden rows"]
    assert "FAIL golden rows  cannot be loaded: model.json: is missing" in verdict.text()
    assert verdict.text().count("not judged: it cannot be loaded") == 7


def shifted(made: ModelDocument, logit: float) -> ModelDocument:
    scorer = msgspec.structs.replace(made.scorer, intercept=made.scorer.intercept + logit)
    return msgspec.structs.replace(made, scorer=scorer)


def test_a_model_too_high_for_everybody_fails_on_calibration(
    held_out: HeldOut, steady: Any
) -> None:
    verdict = verdict_on(shifted(document(), 0.35), held_out, steady)
    slight = verdict_on(shifted(document(), 0.1), held_out, steady)

    found = next(check for check in verdict.checks if check.name == "calibration")
    assert not found.passed
    assert found.value == pytest.approx(1, abs=0.1)  # its slope alone would pass
    assert "where" in found.found
    assert "calibration" not in failed(slight)


def test_a_mean_that_only_looks_wrong_without_the_weights_passes(
    held_out: HeldOut, steady: Any
) -> None:
    everybody = held_out.churned == 1
    halved = weighed(held_out, np.where(everybody, 0.5, 1.0))

    assert "calibration" not in failed(verdict_on(document(), held_out, steady))
    assert "calibration" in failed(verdict_on(document(), halved, steady))
    assert "calibration" not in failed(
        verdict_on(shifted(document(), float(np.log(0.5))), halved, steady)
    )


def test_a_slow_model_fails(held_out: HeldOut) -> None:
    # rounds alternate: the candidate's takes 5 s, the champion's 1 s
    ticks = itertools.accumulate(itertools.cycle([5.0, 0.0, 1.0, 0.0]), initial=0.0)

    verdict = verdict_on(document(), held_out, ticks.__next__)

    assert failed(verdict) == ["latency"]
    assert "5.00 times" in verdict.text()


def test_the_bootstrap_of_the_auc_agrees_with_the_reference() -> None:
    random = np.random.default_rng(5)
    churned = random.integers(0, 2, 400)
    scores = np.round(random.random(400) + 0.3 * churned, 1)  # with many ties
    other = random.random(400)

    pair = paired.Pair(churned, scores, other, np.ones(400))
    found = paired.auc_difference(pair, seed=1)

    expected = roc_auc_score(churned, scores) - roc_auc_score(churned, other)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.worst < found.value
    counts = np.bincount(random.integers(0, 400, 400), minlength=400).astype(float)
    assert paired._Ranking(churned, scores).auc(counts) == pytest.approx(
        roc_auc_score(churned, scores, sample_weight=counts)
    )


def test_a_resample_with_one_outcome_has_no_auc() -> None:
    ranking = paired._Ranking(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.3]))

    assert np.isnan(ranking.auc(np.array([1.0, 1.0, 0.0])))


def weighed(rows: HeldOut, weights: Any) -> HeldOut:
    return replace(rows, weights=np.asarray(weights, dtype=np.float64))


def test_a_weight_counts_as_often_as_it_says(held_out: HeldOut, steady: Any) -> None:
    few = HeldOut(SCHEMA, held_out.customers[:600], held_out.churned[:600], "d")
    twice = [index for index in range(600) for _ in range(1 + index % 2)]
    repeated = HeldOut(SCHEMA, [few.customers[index] for index in twice], few.churned[twice], "d")
    worse = document(slope=0.06, plus=-0.5)

    by_weight = verdict_on(worse, weighed(few, 1 + np.arange(600) % 2), steady)
    by_row = verdict_on(worse, repeated, steady)

    values = [float(re.findall(r"[-+]?0[.][0-9]+|slope [0-9.]+", c.found)[0].split()[-1])
              for verdict in (by_weight, by_row) for c in verdict.checks[3:6]]  # fmt: skip
    assert values[:3] == values[3:]


def test_equal_weights_change_nothing(held_out: HeldOut, steady: Any) -> None:
    worse = document(slope=0.06, plus=-0.5)

    plain = verdict_on(worse, held_out, steady)
    tripled = verdict_on(worse, weighed(held_out, np.full(3000, 3.0)), steady)

    assert [check.found for check in plain.checks] == [check.found for check in tripled.checks]


def test_customers_who_stand_for_many_decide(held_out: HeldOut, steady: Any) -> None:
    """The candidate is worse for one plan only; few rows of it may stand for most customers."""
    worse = document(plus=0.0)
    plus = np.array([customer.values[1] == "plus" for customer in held_out.customers])

    light = verdict_on(worse, weighed(held_out, np.where(plus, 0.001, 1.0)), steady)
    heavy = verdict_on(worse, weighed(held_out, np.where(plus, 20.0, 1.0)), steady)

    assert "log loss" not in failed(light)
    assert {"log loss", "slices"} <= set(failed(heavy))


def test_few_heavy_rows_widen_the_interval(held_out: HeldOut) -> None:
    scores = [
        np.array([p.churn_probability for p in predictor(made).predict(held_out.customers)])
        for made in (document(slope=0.052), document())
    ]
    heavy = np.where(np.arange(3000) % 30 == 0, 20.0, 0.5)
    plain = paired.Pair(held_out.churned, *scores, np.ones(3000))
    weighted = paired.Pair(held_out.churned, *scores, heavy)

    for compared in (paired.log_loss_difference, paired.auc_difference):
        even, uneven = (compared(pair, seed=1) for pair in (plain, weighted))
        assert abs(uneven.worst - uneven.value) > 2 * abs(even.worst - even.value)


def test_rows_that_stand_for_nobody_change_no_interval(held_out: HeldOut) -> None:
    champion = np.array([
        p.churn_probability for p in predictor(document()).predict(held_out.customers)
    ])
    counted = np.arange(3000) % 2 == 0
    other = np.where(counted, champion, 1 - champion)
    pair = paired.Pair(held_out.churned, other, champion, counted.astype(np.float64))

    for compared in (paired.log_loss_difference, paired.auc_difference):
        found = compared(pair, seed=1)
        assert (found.value, found.worst) == (0.0, 0.0)


def test_a_slice_is_worse_when_those_who_stand_for_many_are() -> None:
    size = 600
    bad = np.arange(size) % 2 == 0
    contest = Contest(
        schema=SCHEMA,
        candidate=np.where(bad, 0.4, 0.5),
        champion=np.full(size, 0.45),
        churned=np.ones(size, dtype=np.int64),
        weights=np.ones(size),
        customers=[Customer(None, (30.0, "plus"))] * size,
        refused=0,
    )

    heavy_bad = replace(contest, weights=np.where(bad, 5.0, 1.0))
    heavy_good = replace(contest, weights=np.where(bad, 1.0, 5.0))

    assert "plan = plus: +0.0" in check_slices(heavy_bad).found
    assert check_slices(heavy_good).passed


def sliced(candidate: Any, champion: Any, churned: Any, ages: Any) -> Contest:
    """Customers of one plan, aged as given; the rest is what both versions say."""
    return Contest(
        schema=SCHEMA,
        candidate=candidate,
        champion=champion,
        churned=churned,
        weights=np.ones(len(ages)),
        customers=[Customer(None, (age, "basic")) for age in ages],
        refused=0,
    )


def test_a_quarter_of_a_number_is_a_slice() -> None:
    ages = [float(index % 100) for index in range(1600)]
    churned = np.arange(1600) // 100 % 2
    old = np.where(np.array(ages) >= 75, 0.5 + 0.3 * (2 * churned - 1), 0.5)
    right = np.full(1600, 0.5)

    check = check_slices(sliced(right, old, churned, ages))

    assert check.found.startswith("age above 74.25: +0.4700 on 400 rows")
    assert "age up to" not in check.found
    assert check_slices(sliced(old, right, churned, ages)).passed


def test_a_number_that_is_missing_is_in_no_quarter() -> None:
    ages = [None if index % 2 else float(index) for index in range(1600)]
    half, churned = np.full(1600, 0.5), np.arange(1600) // 2 % 2
    nobody = sliced(half, half, churned, [None] * 1600)

    found = check_slices(sliced(half, half, churned, ages)).found

    assert found == "none of 5 is clearly worse off, or wrong"  # the plan, and 200 rows each
    assert check_slices(nobody).found == "none of 1 is clearly worse off, or wrong"


def test_a_mean_that_is_clearly_wrong_fails_unless_the_champion_is_further_off() -> None:
    ages = [float(index % 100) for index in range(1600)]
    churned = np.arange(1600) // 100 % 4 // 3
    young = np.array(ages) < 25
    wrong, worse = (np.where(young, 0.25 + off, 0.25) for off in (0.12, 0.14))

    check = check_slices(sliced(wrong, wrong, churned, ages))

    assert check.found == "age up to 24.75: mean off by +12.0 points on 400 rows"
    assert check_slices(sliced(wrong, worse, churned, ages)).passed
    assert not check_slices(sliced(worse, wrong, churned, ages)).passed
    assert check_slices(sliced(0.92 * wrong, 0.25 + 0 * wrong, churned, ages)).passed


def test_versions_that_share_no_customer_are_no_contest(held_out: HeldOut, steady: Any) -> None:
    city = Field(name="city", kind="category", levels=("a", "b"))

    verdict = verdict_on(document(fields=(AGE, PLAN, city)), held_out, steady)

    assert failed(verdict) == ["schema", "rows"]
    assert "0 rows, 0 churned, 3,000 not scored by both" in verdict.text()
