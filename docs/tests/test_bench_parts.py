"""The parts of the bench measure what their rows say."""

import numpy as np
import pytest
from benchmarks.training.boosters import Booster, Lesson, LightGBM, XGBoost, is_installed
from benchmarks.training.changed_bytes import _changed, _cut
from benchmarks.training.intervals import _row
from benchmarks.training.known_truth import draw_table, expected_slope
from benchmarks.training.quality import one_hot
from benchmarks.training.retraining import _bias, _campaign, _feedback, _world

from churn_service.training.config import parse_config
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table


def test_a_changed_file_differs_in_one_byte_and_a_cut_one_is_shorter(tmp_path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(b"0123456789")

    changed, cut = list(_changed(path, 99)), list(_cut(path, 99))

    assert len(changed) == len(cut) == 10
    assert [sum(a != b for a, b in zip(data, b"0123456789", strict=True)) for data in changed] == (
        [1] * 10
    )
    assert [len(data) for data in cut] == list(range(10))


def test_a_large_file_is_tried_at_evenly_spread_places(tmp_path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(bytes(1_001))

    assert [len(data) for data in _cut(path, 11)] == list(range(0, 1_001, 100))


def test_the_full_run_leaves_no_byte_and_no_length_out(tmp_path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(bytes(1_001))

    changed = list(_changed(path, None))

    assert [data.count(0) for data in changed] == [1_000] * 1_001
    assert [max(range(1_001), key=data.__getitem__) for data in changed] == list(range(1_001))
    assert [len(data) for data in _cut(path, None)] == list(range(1_001))


def test_a_coverage_below_what_chance_allows_is_short() -> None:
    assert _row("intervals", [(95, 100)]).met is True
    assert _row("intervals", [(80, 100)]).met is False


def test_the_slope_is_one_for_the_true_chances_and_below_for_bold_ones() -> None:
    chances = draw_table("additive", 2_000, seed=1).chances
    logits = np.log(chances / (1 - chances))

    assert expected_slope(chances, chances) == pytest.approx(1, abs=0.01)
    assert expected_slope(1 / (1 + np.exp(-2 * logits)), chances) == pytest.approx(0.5, abs=0.01)


def test_a_level_becomes_a_column_and_a_number_stays_one() -> None:
    table = draw_table("missing", 400, seed=2)
    dataset = build_dataset(parse_table(table.csv()), parse_config(table.config), "t")
    design = one_hot(dataset).design
    features = dataset.schema.features
    width = sum(len(field.levels) if field.kind != "number" else 1 for field in features)

    assert design.shape == (400, width)
    assert np.isnan(design).sum() == sum(
        np.isnan(table.drawn.columns[name]).sum() for name in ("mood", "last_visit")
    )


def test_a_campaign_contacts_the_wanted_share_and_keeps_some_back() -> None:
    world = _world(2_000)
    campaign = _campaign(world, 1, 1_000)
    rows = list(_feedback(campaign, ["tenure"]))

    assert campaign.world.customers.rows == world.customers.rows[1_000:]
    assert 0.15 < campaign.treated.mean() < 0.36
    assert campaign.propensity[campaign.treated] == pytest.approx(0.9)
    assert {(row[2], row[3]) for row in rows} == {("treated", "discount"), ("none", "none")}
    assert _bias(world.p0 + 0.1, world.p0) == pytest.approx(0.1)


@pytest.mark.parametrize("rival", [LightGBM(), XGBoost()], ids=lambda rival: rival.name)
def test_an_installed_rival_learns_more_with_more_trees(rival: Booster) -> None:
    if not is_installed(rival):
        pytest.skip(f"{rival.package} is not installed")
    random = np.random.default_rng(1)
    design = random.normal(size=(300, 2))
    churned = (design[:, 0] > 0).astype(np.int64)

    few, many = rival.stages(rival.draw(random), (1, 30), Lesson(design, churned), design)

    assert np.abs(few - churned).mean() > np.abs(many - churned).mean()
