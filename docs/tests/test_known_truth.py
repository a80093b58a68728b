"""Tables with a known law: the same for a seed, and as likely to leave as they say."""

import csv
import io

import numpy as np
import pytest
from benchmarks.training.boosters import HistGradientBoosting, Lesson, tuned_chances
from benchmarks.training.families import codes_of, lesson
from benchmarks.training.known_truth import (
    LAWS,
    NOT_ADDITIVE,
    draw_table,
    expected_auc,
    expected_log_loss,
)

from churn_service.training.config import parse_config
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table
from churn_service.training.threads import one_thread

ALL = sorted({*LAWS, *NOT_ADDITIVE})


@pytest.mark.parametrize("law", ALL)
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(law: str) -> None:
    first = draw_table(law, 300, seed=1).csv()

    assert draw_table(law, 300, seed=1).csv() == first
    assert draw_table(law, 300, seed=2).csv() != first


@pytest.mark.parametrize("law", ALL)
def test_outcomes_follow_the_chances_in_every_tenth_of_the_customers(law: str) -> None:
    table = draw_table(law, 20_000, seed=3)

    for rows in np.array_split(np.argsort(table.chances), 10):
        said = table.chances[rows]
        noise = np.sqrt((said * (1 - said)).sum()) / len(rows)
        # ten bands of six laws: a right one is four deviations off in 1 of 250 runs
        assert abs(table.churned[rows].mean() - said.mean()) < 4 * noise


@pytest.mark.parametrize("law", ALL)
def test_no_score_beats_the_true_chances(law: str) -> None:
    chances = draw_table(law, 5_000, seed=4).chances
    worse = np.clip(chances + np.random.default_rng(1).normal(0, 0.1, 5_000), 0.01, 0.99)

    assert 0.7 < expected_auc(chances, chances) < 0.9
    assert expected_auc(worse, chances) < expected_auc(chances, chances)
    assert expected_log_loss(worse, chances) > expected_log_loss(chances, chances)


@pytest.mark.parametrize("law", ALL)
def test_training_reads_the_table_with_its_file(law: str) -> None:
    table = draw_table(law, 3_000, seed=5)

    dataset = build_dataset(parse_table(table.csv()), parse_config(table.config), law)

    assert dataset.churned.tolist() == table.churned.tolist()
    assert {field.name for field in dataset.schema.features} == set(table.drawn.columns)


def test_who_does_not_tell_the_mood_leaves_more_often_and_the_gap_stands_in_the_file() -> None:
    table = draw_table("missing", 5_000, seed=6)
    silent = np.isnan(table.drawn.columns["mood"])
    rows = list(csv.DictReader(io.StringIO(table.csv().decode())))

    assert table.chances[silent].mean() > 2 * table.chances[~silent].mean()
    assert [row["mood"] == "" for row in rows] == silent.tolist()
    assert np.abs(table.chances - table.drawn.luck_chances)[silent].max() > 0.1
    assert (table.chances == table.drawn.luck_chances)[~silent].all()


def test_a_customer_of_the_panel_has_no_month_after_leaving() -> None:
    table = draw_table("panel", 4_000, seed=7)
    last = np.r_[table.drawn.ids[1:] != table.drawn.ids[:-1], True]

    assert table.churned[~last].sum() == 0
    assert table.churned[last].mean() > 0.3


def test_the_auc_given_chances_is_the_one_of_many_outcomes() -> None:
    chances, scores = np.array([0.1, 0.6, 0.6, 0.9]), np.array([0.2, 0.2, 0.5, 0.4])
    pairs = [
        (chances[one] * (1 - chances[two]), np.sign(scores[one] - scores[two]) / 2 + 0.5)
        for one in range(4)
        for two in range(4)
    ]
    wanted = sum(share * won for share, won in pairs) / sum(share for share, _ in pairs)

    assert expected_auc(scores, chances) == pytest.approx(wanted)
    assert expected_log_loss(np.array([0.5]), np.array([0.3])) == pytest.approx(np.log(2))


def test_a_level_that_was_not_learned_is_missing_to_the_rival() -> None:
    table = draw_table("levels", 400, seed=8)
    codes = codes_of(table, np.arange(50))
    found = lesson(table, codes)

    place = list(table.drawn.columns).index("town")
    assert place in found.levels
    assert not np.isnan(found.design[:50]).any()
    assert np.isnan(found.design[50:, place]).any()


def test_a_tuned_rival_tells_leavers_from_stayers() -> None:
    random = np.random.default_rng(1)
    design = random.normal(size=(400, 2))
    churned = (design[:, 0] * design[:, 1] > 0).astype(np.int64)
    halves = [(np.arange(200), np.arange(200, 400))]

    with one_thread():
        said = tuned_chances(HistGradientBoosting(), Lesson(design, churned), design, halves, 1)

    assert said[churned == 1].mean() > 0.6
    assert said[churned == 0].mean() < 0.4
