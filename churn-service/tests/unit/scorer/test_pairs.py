"""Pairs in the compiled scorecard: looked up, added last, shared between two fields."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard
from churn_service.artefact.pairs import LevelAxis, NumberAxis, PairTerm
from churn_service.scorer.scorecard import (
    Values,
    card_mean,
    compile_contributions,
    compile_scorecard,
)

ALONE = Scorecard(
    intercept=-1.0,
    terms=(
        LevelTerm(field="plan", weights={"basic": 0.5, "plus": -0.5}, missing=2.0, mean=0.1),
        CurveTerm(
            field="age", knots=(20.0,), intercepts=(1.0, 1.0), slopes=(0.0, 0.0), missing=0.25
        ),
    ),
)
PAIR = PairTerm(
    fields=("age", "plan"),
    axes=(
        NumberAxis(edges=(30.0,), missing=2),
        LevelAxis(cells={"basic": 0, "plus": 1}, missing=2),
    ),
    table=((1.0, 2.0, 3.0), (10.0, 20.0, 30.0), (100.0, 200.0, 300.0)),
    mean=0.3,
)
PAIRED = msgspec.structs.replace(ALONE, pairs=(PAIR,))


@pytest.mark.parametrize(
    ("values", "added"),
    [
        (("basic", 29.9), 1.0),
        (("plus", 30.0), 20.0),
        ((None, 99.0), 30.0),
        (("basic", None), 100.0),
        ((None, None), 300.0),
    ],
)
def test_the_cell_of_both_values_is_added(values: Values, added: float) -> None:
    assert compile_scorecard(PAIRED)(values) == compile_scorecard(ALONE)(values) + added


def test_an_unseen_level_has_the_cell_of_other() -> None:
    axes = (PAIR.axes[0], msgspec.structs.replace(PAIR.axes[1], other=1))
    terms = (msgspec.structs.replace(ALONE.terms[0], other=0.0), ALONE.terms[1])
    card = Scorecard(intercept=0, terms=terms, pairs=(msgspec.structs.replace(PAIR, axes=axes),))

    assert compile_scorecard(card)(("never seen", 50.0)) == 1.0 + 20.0


def test_a_pair_is_shared_by_its_two_fields_alike() -> None:
    alone, paired = (compile_contributions(card)(("plus", 40.0)) for card in (ALONE, PAIRED))

    assert [two - one for one, two in zip(alone, paired, strict=True)] == [9.85, 9.85]


@given(st.sampled_from(["basic", "plus", None]), st.none() | st.floats(-1e6, 1e6))
def test_shares_and_base_add_up_to_the_logit(plan: str | None, age: float | None) -> None:
    values = (plan, age)

    total = card_mean(PAIRED) + sum(compile_contributions(PAIRED)(values))

    assert total == pytest.approx(compile_scorecard(PAIRED)(values), abs=1e-12)


def test_a_scorecard_without_pairs_is_written_as_before() -> None:
    assert b"pairs" not in msgspec.json.encode(ALONE)
    assert msgspec.json.decode(msgspec.json.encode(PAIRED), type=Scorecard) == PAIRED
