from dataclasses import replace

import pytest

from churn_service.training.config import parse_config
from churn_service.training.cross_validation import Evaluation, Plan, cross_validate, sample_of
from churn_service.training.dataset import Dataset
from churn_service.training.evaluation_report import (
    evaluation_json,
    evaluation_report,
    progress_line,
)
from churn_service.training.metrics import metric_text
from churn_service.training.model_card import model_card
from churn_service.training.report import training_report
from churn_service.training.report.facts import report_facts
from churn_service.training.trained import TrainedModel

STEPS = (
    "1. Acquisition",
    "2. Analysis",
    "3. Exploration",
    "4. Feature engineering",
    "5. Training",
    "6. Evaluation",
)


def test_the_report_has_the_six_steps_with_their_numbers(gym_model: TrainedModel) -> None:
    report = training_report(gym_model)

    places = [report.index(step) for step in STEPS]
    assert places == sorted(places)
    for part in (
        "1,500 rows, 12 columns",
        "separator semicolon, encoding cp1252",
        "7 features: 1 boolean, 3 category, 3 number",
        "other columns: 1 contact, 1 id, 2 ignored, 1 outcome",
        "cancelled = 1: ",
        "warning: Country: has (nearly) the same value",
        "Visits: churn",
        "may be missing, with an effect of its own: Monthly Fee, Mood",
        "gradient",
        "at threshold 0.5, test:",
    ):
        assert part in report


def test_a_feature_that_tells_the_outcome_alone_is_a_warning(gym_model: TrainedModel) -> None:
    leak = gym_model.dataset.matrix()[:, 3] == "true"
    leaky = replace(gym_model, dataset=replace(gym_model.dataset, churned=leak.astype(int)))

    assert "alone nearly tells the outcome: is it a leak?" in training_report(leaky)


def test_a_wide_table_lists_the_strongest_features_only(telco_model: TrainedModel) -> None:
    assert "and 7 weaker ones" in training_report(telco_model)


def test_a_table_without_findings_says_so(gym_model: TrainedModel) -> None:
    clean = replace(gym_model, dataset=replace(gym_model.dataset, findings=()))

    assert "no findings" in training_report(clean)


def test_the_card_says_purpose_data_quality_and_limits(gym_model: TrainedModel) -> None:
    card = model_card(gym_model, report_facts(gym_model))

    for part in ("## Purpose", "(no horizon)", "## Data", "## Quality", "## Limits"):
        assert part in card
    assert "| Age | number | 0 to" in card
    assert "years | sensitive |" in card
    assert "| Mood | category | good, None | nullable |" in card


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("rows", 1234, "1,234"), ("auc", 0.85137, "0.8514"), ("lift_at_10", 2.877, "2.88")],
)
def test_metrics_have_the_digits_that_mean_something(name: str, value: float, text: str) -> None:
    assert metric_text(name, value) == text


@pytest.fixture(scope="module")
def evaluation(gym_model: TrainedModel) -> tuple[Evaluation, list[str]]:
    lines: list[str] = []
    result = run(gym_model.dataset, lines, jobs=1)
    return result, lines


def run(dataset: Dataset, lines: list[str], jobs: int) -> Evaluation:
    plan = Plan(
        jobs=jobs,
        with_course=True,
        progress=lambda *done: lines.append(progress_line(*done)),
    )
    config = parse_config(b'[data]\ntarget = "Cancelled"\npositive = 1\n')
    return cross_validate(sample_of(dataset, config), dataset.keys, ("spline",), plan)


def test_an_evaluation_shows_its_progress(evaluation: tuple[Evaluation, list[str]]) -> None:
    _, lines = evaluation

    assert len(lines) == 5
    assert lines[0].startswith("fold 1/5  spline AUC ")
    assert "course AUC" in lines[4]


def test_an_evaluation_shows_both_recipes_side_by_side(
    evaluation: tuple[Evaluation, list[str]],
) -> None:
    text = evaluation_report(evaluation[0])

    assert "over 5 folds, nested, seed 42" in text
    assert "spline: 12 knots" in text
    assert "liblinear, C = 1" in text
    assert set(evaluation_json(evaluation[0])) == {"spline", "course"}
    assert evaluation_json(evaluation[0])["course"]["auc"]["sd"] > 0


def test_the_number_of_processes_changes_no_bit(
    evaluation: tuple[Evaluation, list[str]], gym_model: TrainedModel
) -> None:
    with_two = run(gym_model.dataset, [], jobs=2)

    for ours, theirs in zip(with_two.folds, evaluation[0].folds, strict=True):
        assert ours.metrics == theirs.metrics
        assert ours.logits["spline"].tobytes() == theirs.logits["spline"].tobytes()
