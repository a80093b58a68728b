from dataclasses import replace

import numpy as np
import pytest

from marketing_service.simulator.laws import Laws
from marketing_service.simulator.population import BLOCK_ROWS, Block, draw_block
from marketing_service.simulator.truth import Truth


@pytest.mark.parametrize(
    ("offer", "mean", "harmed", "correlation", "riskiest", "best"),
    [
        ("mail", 1.1, 9.2, 0.33, 1.4, 3.6),
        ("discount", 5.7, 1.6, 0.64, 6.8, 15.6),
        ("support", 5.1, 2.7, 0.60, 7.0, 16.2),
        ("call", 5.2, 8.0, 0.51, 6.2, 14.4),
    ],
)
def test_offers_work_as_printed(
    offer: str,
    mean: float,
    harmed: float,
    correlation: float,
    riskiest: float,
    best: float,
    truth: Truth,
) -> None:
    effect = 100 * (truth.p0 - truth.p1[offer])
    tenth = effect.size // 10
    assert effect.mean() == pytest.approx(mean, abs=0.1)
    assert 100 * (effect < 0).mean() == pytest.approx(harmed, abs=0.15)
    assert np.corrcoef(effect, truth.p0)[0, 1] == pytest.approx(correlation, abs=0.01)
    assert effect[np.argsort(-truth.p0)[:tenth]].mean() == pytest.approx(riskiest, abs=0.15)
    assert np.sort(effect)[-tenth:].mean() == pytest.approx(best, abs=0.15)


def test_the_second_riskiest_tenth_reacts_better_than_the_first(truth: Truth) -> None:
    effect, tenth = truth.p0 - truth.p1["discount"], truth.p0.size // 10
    order = np.argsort(-truth.p0)
    assert 100 * effect[order[tenth : 2 * tenth]].mean() == pytest.approx(12.5, abs=0.3)


def test_one_in_eleven_is_asleep(truth: Truth) -> None:
    assert truth.asleep.mean() == pytest.approx(0.092, abs=0.002)


def test_outcomes_follow_their_probabilities_with_one_luck(truth: Truth) -> None:
    for offer, chance in truth.p1.items():
        assert truth.y1[offer].mean() == pytest.approx(chance.mean(), abs=0.002)
        saved = chance < truth.p0
        assert (truth.y1[offer][saved] <= truth.y0[saved]).all()


def test_a_block_can_be_drawn_alone_and_again(laws: Laws) -> None:
    one, two = (draw_block(3, 500, seed=7, laws=laws) for _ in "ab")
    assert (one.luck == two.luck).all()
    assert all((one.columns[name] == two.columns[name]).all() for name in one.columns)
    assert one.first == 3 * BLOCK_ROWS


def test_blocks_and_seeds_differ(laws: Laws) -> None:
    lucks = [
        draw_block(index, 100, seed=seed, laws=laws).luck
        for index, seed in ((0, 1), (1, 1), (0, 2))
    ]
    assert len({float(luck[0]) for luck in lucks}) == 3


@pytest.mark.parametrize(
    ("start", "stop", "first", "rows"),
    [(0, 40, 0, 40), (40, 200, 40, 60), (0, 500, 0, 100), (100, 500, 100, 0)],
)
def test_a_part_keeps_the_numbers_of_its_customers(
    start: int, stop: int, first: int, rows: int, laws: Laws
) -> None:
    block = draw_block(0, 100, seed=1, laws=laws)
    part = block.part(start, stop)
    assert (part.first, part.rows) == (first, rows)
    assert (part.luck == block.luck[start:stop]).all()


def test_a_part_before_the_block_is_empty(laws: Laws) -> None:
    later: Block = replace(draw_block(0, 100, seed=1, laws=laws), first=1000)
    assert later.part(0, 500).rows == 0
