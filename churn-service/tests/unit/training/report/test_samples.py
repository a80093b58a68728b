"""A large table: curves and groups come from a sample, and the report says so."""

import numpy as np
import pytest

from churn_service.training.model_card import model_card
from churn_service.training.report import judged, report_facts, report_html, text, training_report
from churn_service.training.report.facts import Facts
from churn_service.training.trained import TrainedModel


@pytest.fixture(scope="module")
def sampled(readers_model: TrainedModel) -> Facts:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judged, "MOST_ROWS", 600)
        return report_facts(readers_model)


def test_page_and_card_say_how_many_were_looked_at(
    sampled: Facts, readers_model: TrainedModel
) -> None:
    said = f"those of 600 of the {len(readers_model.split.test):,} test customers"

    assert said in report_html(readers_model, sampled)
    assert said in model_card(readers_model, sampled)


def test_a_small_test_part_is_looked_at_as_a_whole(
    facts: Facts, readers_model: TrainedModel
) -> None:
    assert facts.judged == facts.tested == len(readers_model.split.test)
    assert "drawn with a fixed seed" not in report_html(readers_model, facts)


def test_the_sample_is_the_same_each_time(
    readers_model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judged, "MOST_ROWS", 600)
    one, two = (judged.judge_test_part(readers_model) for _ in range(2))

    assert np.array_equal(one.probability, two.probability)
    assert (len(one.customers), one.tested) == (600, len(readers_model.split.test))


def test_the_report_says_how_many_the_settings_come_from(
    readers_model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "settings are those of" not in training_report(readers_model)
    monkeypatch.setattr(text, "MOST_TUNING_ROWS", 2000)
    assert "settings are those of 2,000 customers" in training_report(readers_model)
