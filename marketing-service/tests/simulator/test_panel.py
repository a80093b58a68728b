"""Customers month by month against the printed numbers of the prototype."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from marketing_service.simulator.laws import Laws, bend_laws
from marketing_service.simulator.panel import (
    NEVER,
    Drift,
    Month,
    chance_with_fading,
    leaving_month,
    moving_months,
)
from marketing_service.simulator.population import BLOCK_ROWS, Block, draw_block
from marketing_service.simulator.truth import Truth, truth_of


@pytest.fixture(scope="module")
def one_block(laws: Laws) -> Block:
    return draw_block(0, BLOCK_ROWS, seed=8, laws=laws)


def _months(block: Block, count: int, laws: Laws, drift: Drift | None = None) -> list[Month]:
    total = block.rows
    return list(moving_months(block, count, seed=8, laws=laws, total=total, drift=drift))


def test_frozen_customers_leave_exactly_as_the_truth_says(truth: Truth) -> None:
    month = leaving_month(truth)
    assert ((month != NEVER) == (truth.y0 == 1)).all()
    assert (month != NEVER).mean() == pytest.approx(0.2624, abs=0.002)
    assert month.max() == 12


def test_the_hazard_of_frozen_customers_is_the_same_every_month(truth: Truth) -> None:
    month = leaving_month(truth)
    hazard = -np.expm1(np.log1p(-truth.p0) / 12)
    for number in (1, 6, 12):
        alive = (month == NEVER) | (month >= number)
        assert (month[alive] == number).mean() == pytest.approx(hazard[alive].mean(), abs=0.001)


def test_a_lasting_offer_leaves_exactly_the_leavers_of_its_truth(truth: Truth) -> None:
    month = leaving_month(truth, "support")
    assert ((month != NEVER) == (truth.y1["support"] == 1)).all()


def test_an_effect_that_fades_has_its_own_true_chance(truth: Truth) -> None:
    month = leaving_month(truth, "support", effect_months=3)
    chance = chance_with_fading(truth, "support", effect_months=3)
    assert (month != NEVER).mean() == pytest.approx(chance.mean(), abs=0.002)
    assert ((month != NEVER) == (truth.luck < chance)).mean() > 0.99999
    assert truth.p1["support"].mean() < chance.mean() < truth.p0.mean()


@pytest.mark.parametrize(("speed", "printed"), [(1.0, 0.224), (1.2, 0.255), (1.3, 0.269)])
def test_moving_customers_leave_as_often_as_printed(
    speed: float, printed: float, one_block: Block, laws: Laws
) -> None:
    world = {**laws, "panel": {**laws["panel"], "speed": speed}}
    months = _months(one_block, 12, world)
    stays = np.ones(one_block.rows, dtype=bool)
    for month in months:
        original = month.numbers == np.arange(one_block.rows)
        stays &= ~(original & (month.leaves == 1))
    assert 1 - stays.mean() == pytest.approx(printed, abs=0.005)
    if speed == 1.3:
        score = one_block.columns["z0"]
        assert roc_auc_score(~stays, score) == pytest.approx(0.839, abs=0.006)


def test_a_base_whose_leavers_are_replaced_grows_older_and_calmer(
    one_block: Block, laws: Laws
) -> None:
    months = _months(one_block, 30, laws)
    assert months[0].leaves.mean() == pytest.approx(0.038, abs=0.005)
    assert months[-1].leaves.mean() == pytest.approx(0.022, abs=0.004)
    assert months[0].columns["months"].mean() == pytest.approx(32.4, abs=0.5)
    assert months[-1].columns["months"].mean() == pytest.approx(41, abs=2)


def test_new_customers_have_new_numbers_and_hardly_any_tenure(one_block: Block, laws: Laws) -> None:
    first, second, third = _months(one_block, 3, laws)
    new = second.numbers >= one_block.rows
    assert (new == (first.leaves == 1)).all()
    assert set(second.columns["months"][new]) == {0.0, 1.0}
    assert len(np.unique(third.numbers)) == one_block.rows
    assert third.numbers.max() < one_block.rows * 4


def test_prices_rise_when_the_switch_says_so(one_block: Block, laws: Laws) -> None:
    calm, risen = (
        _months(one_block, 7, laws, drift) for drift in (None, Drift(month=6, price=1.08))
    )
    assert (calm[4].columns["monthly_charges"] == risen[4].columns["monthly_charges"]).all()
    ratio = risen[6].columns["monthly_charges"].mean() / calm[6].columns["monthly_charges"].mean()
    assert ratio == pytest.approx(1.08, abs=0.002)


def test_fiber_spreads_by_ten_points_at_once(one_block: Block, laws: Laws) -> None:
    months = _months(one_block, 4, laws, Drift(month=3, fiber=0.1))
    before = _months(one_block, 4, laws)[2].columns
    after = months[2].columns
    assert after["fiber"].mean() - before["fiber"].mean() == pytest.approx(0.1, abs=0.006)
    assert (after["fiber"] + after["dsl"] <= 1).all()
    assert after["monthly_charges"].mean() > before["monthly_charges"].mean() + 2
    assert months[2].chance.mean() > months[1].chance.mean()


def test_leavers_become_known_late_when_the_switch_says_so(one_block: Block, laws: Laws) -> None:
    at_once, late = (
        _months(one_block, 1, laws, drift)[0] for drift in (None, Drift(delay_days=30))
    )
    assert set(at_once.known_after) == {0}
    assert (late.known_after.min(), late.known_after.max()) == (0, 30)


def test_months_come_again_the_same(one_block: Block, laws: Laws) -> None:
    again = [_months(one_block, 3, laws)[2] for _ in "ab"]
    assert (again[0].leaves == again[1].leaves).all()


def test_without_effect_every_offer_does_nothing(one_block: Block, laws: Laws) -> None:
    truth = truth_of(one_block, bend_laws(laws, effect=0))
    for offer, chance in truth.p1.items():
        assert (chance == truth.p0).all()
        assert (truth.y1[offer] == truth.y0).all()


def test_more_lost_causes_react_less_where_the_risk_is_highest(
    one_block: Block, laws: Laws
) -> None:
    gains = []
    for slope in (0, 1.2, 4):
        truth = truth_of(one_block, bend_laws(laws, lost_causes=slope))
        gains.append((truth.p0 - truth.p1["discount"])[truth.p0 > 0.75].mean())
    assert gains[0] > gains[1] > gains[2]


def test_louder_sleeping_dogs_are_harmed_more(one_block: Block, laws: Laws) -> None:
    harmed = []
    for wake in (0, 0.55, 1.5):
        truth = truth_of(one_block, bend_laws(laws, sleeping_dogs=wake))
        harmed.append((truth.p1["call"] > truth.p0).mean())
    assert harmed[0] == 0
    assert harmed[1] == pytest.approx(0.08, abs=0.004)
    assert harmed[2] > harmed[1]
    assert laws["reaction"]["wake"] == 0.55
