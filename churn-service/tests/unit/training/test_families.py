"""Families by name: config, constraints, choice on tables with known structure."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss

from churn_service.artefact.document import Blend, Scorecard
from churn_service.artefact.trees import Trees
from churn_service.loading import load_predictor
from churn_service.scorer.compilation import base_logit, compile_scorer, compile_shares
from churn_service.training import cross_validation, processes
from churn_service.training.config import parse_config
from churn_service.training.cross_validation import (
    Evaluation,
    Plan,
    cross_validate,
    outer_folds,
    sample_of,
)
from churn_service.training.errors import ConfigError
from churn_service.training.families import trees
from churn_service.training.families.family import Sample, Tuned
from churn_service.training.reading import build_dataset
from churn_service.training.report import training_report
from churn_service.training.table import parse_table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import train_model, write_trained

DATA = '[data]\ntarget = "left"\npositive = "yes"\n'


def crossed_csv(rows: int = 900, seed: int = 4) -> bytes:
    """Spell customers whose risk hangs on a product of signs: no curve shows it."""
    random = np.random.default_rng(seed)
    lines = ["calls,age,plan,left"]
    for _ in range(rows):
        calls, age = random.integers(0, 40), random.integers(18, 80)
        plan = random.choice(["basic", "plus", ""])
        logit = 2.5 * (1 if (calls > 20) == (age > 50) else -1) - 0.5 + (plan == "plus")
        left = "yes" if random.random() < 1 / (1 + np.exp(-logit)) else "no"
        lines.append(f"{calls},{age},{plan},{left}")
    return "\n".join(lines).encode() + b"\n"


def trained(families: str, more: str = "", plan: Plan | None = None) -> TrainedModel:
    config = parse_config(f"{DATA}[model]\nfamilies = {families}\n{more}".encode())
    return train_model(parse_table(crossed_csv()), config, "crossed", plan)


@pytest.fixture(autouse=True, scope="module")
def _few_draws() -> Iterator[None]:
    """Let two draws of settings stand for sixteen, which parity and bench run through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "DRAWS", 2)
        yield


@pytest.fixture(scope="module")
def compared() -> TrainedModel:
    return trained('["spline", "trees"]')


def test_trees_win_where_the_structure_is_not_additive(compared: TrainedModel) -> None:
    assert compared.family == "trees"
    assert isinstance(compared.document.scorer, Trees)
    assert compared.comparison is not None
    assert compared.comparison.losses["trees"] < compared.comparison.losses["spline"] - 0.1
    assert compared.comparison.cost == 0


def test_the_report_says_what_was_compared_and_why(compared: TrainedModel) -> None:
    text = training_report(compared)
    assert "5 outer folds, settings chosen inside each:" in text
    assert "chosen: trees, which beats spline with t =" in text
    assert "intervals of 95%" in text


def test_trees_are_served_with_reasons_and_interval(compared: TrainedModel, tmp_path) -> None:
    predictor = load_predictor(write_trained(compared, tmp_path).folder)
    customer = predictor.validator.check({"calls": 35, "age": 30, "plan": None})
    found = predictor.explain(customer)
    assert found.interval is not None
    assert found.interval[0] <= found.churn_probability <= found.interval[1]
    assert {reason.field for reason in found.reasons} <= {"calls", "age", "plan"}


def test_processes_and_threads_change_no_bit_of_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    monkeypatch.setattr(cross_validation, "FEWEST_ROWS", 0)
    settings = {"learning_rate": 0.05, "max_leaf_nodes": 6.0, "max_iter": 30.0}

    one, two = (judged("trees", settings, Plan(jobs=jobs)) for jobs in (1, 2))

    for ours, theirs in zip(one.folds, two.folds, strict=True):
        assert ours.metrics == theirs.metrics
        assert ours.logits["trees"].tobytes() == theirs.logits["trees"].tobytes()


def test_the_search_reports_only_the_draws_of_the_last_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trees, "DRAWS", 3)
    monkeypatch.setattr(trees, "ROUNDS", ((2, 1, 3),))
    sample = crossed_sample()
    found = trees.TreesFamily().tune(sample)
    assert len(found.losses) == 2
    assert 1 <= found.settings["max_iter"] <= trees.MOST_TREES
    text = ", ".join(f"{name} {value:g}" for name, value in found.settings.items())
    assert found.losses[text] == min(found.losses.values())
    assert found == trees.TreesFamily().tune(sample)


def test_the_losses_of_one_fit_are_those_of_fits_with_fewer_trees() -> None:
    sample, settings = crossed_sample(), {**trees.draws()[0], "max_features": 0.5}
    learned, held = np.arange(600), np.arange(600, 900)
    columns = trees.encoded(sample.schema, sample.matrix)
    losses = trees._losses(sample, columns, settings, (learned, held))
    for number in (1, 7, 20):
        tuned = Tuned({**settings, "max_iter": float(number)}, {})
        fit = trees.TreesFamily().fit(sample.take(learned), tuned)
        chances = expit(fit.logits(sample.matrix[held]))
        expected = log_loss(sample.churned[held], chances, sample_weight=sample.weights[held])
        assert losses[number - 1] == pytest.approx(expected, abs=1e-12)
    assert losses[-1] >= losses.min()


def crossed_sample() -> Sample:
    config = parse_config(f'{DATA}[model]\nfamilies = ["trees"]\n'.encode())
    return sample_of(build_dataset(parse_table(crossed_csv()), config, "crossed"), config)


def test_a_small_table_is_judged_before_another_process_would_have_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "ProcessPoolExecutor", None)
    assert len(judged("linear", {"C": 1.0}, Plan(jobs=64)).folds) == 5


def judged(family: str, settings: dict[str, float], plan: Plan) -> Evaluation:
    """Judge a family with settings chosen before."""
    config = parse_config(f'{DATA}[model]\nfamilies = ["{family}"]\n'.encode())
    dataset = build_dataset(parse_table(crossed_csv()), config, "crossed")
    tuned = {family: Tuned(settings, {})}
    return cross_validate(sample_of(dataset, config), dataset.keys, [family], plan, tuned)


def test_a_blend_scores_the_mean_of_its_members_and_explains_it() -> None:
    model = trained('["blend"]')
    scorer = model.document.scorer
    assert isinstance(scorer, Blend)
    assert [type(member) for member in scorer.members] == [Scorecard, Trees]
    assert model.parity <= 1e-12
    assert "spline C" in " ".join(model.tuned.settings)
    score, shares = compile_scorer(model.document), compile_shares(model.document)
    for customer in model.dataset.customers[:20]:
        total = sum(shares(customer.values)) + base_logit(model.document)
        assert total == pytest.approx(score(customer.values), abs=1e-9)


def test_a_linear_scorecard_has_one_slope_per_number() -> None:
    scorer = trained('["linear"]').document.scorer
    assert isinstance(scorer, Scorecard)
    assert [len(term.slopes) for term in scorer.terms[:2]] == [3, 3]


@pytest.mark.parametrize(("direction", "sign"), [("increasing", 1), ("decreasing", -1)])
def test_a_monotonic_column_never_turns_back(direction: str, sign: int) -> None:
    model = trained('["trees"]', f'[columns.calls]\nmonotonic = "{direction}"\n')
    score = compile_scorer(model.document)
    for age in (25.0, 70.0):
        scores = [score((float(calls), age, "plus")) for calls in range(40)]
        assert (sign * np.diff(scores) >= 0).all()


def test_a_monotonic_column_leaves_every_family_in_the_comparison() -> None:
    config = parse_config(f'{DATA}[columns.calls]\nmonotonic = "increasing"\n'.encode())
    assert config.families == parse_config(DATA.encode()).families


def test_a_direction_for_a_category_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"\[columns.plan\] monotonic: .* only numbers"):
        trained('["trees"]', '[columns.plan]\nmonotonic = "increasing"\n')


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ('families = ["splin"]', "did you mean 'spline'"),
        ('families = ["xyz"]', "known are linear, spline, pairs, trees, blend"),
        ("families = []", "must be a list"),
        ('families = "spline"', "must be a list"),
        ("families = [1]", "must be a list"),
        ("seed = 1", r"\[model\] seed is unknown"),
    ],
)
def test_a_wrong_model_table_is_refused_with_the_cure(model: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_config(f"{DATA}[model]\n{model}\n".encode())


def test_all_families_are_compared_unless_the_file_names_some() -> None:
    assert parse_config(DATA.encode()).families == ("linear", "spline", "pairs", "trees", "blend")


def test_all_rows_of_a_customer_are_on_one_side_of_every_fold() -> None:
    config = parse_config(f"{DATA}[model]\nfamilies = ['linear']".encode())
    dataset = build_dataset(parse_table(crossed_csv()), config, "crossed")
    sample = sample_of(dataset, config)
    keys = [f"customer {number // 3}" for number in range(900)]
    for learned, judged in outer_folds(sample, keys, repeats=2):
        assert not {keys[row] for row in learned} & {keys[row] for row in judged}
    seen = cross_validate(sample, keys, ["linear"], Plan(repeats=2))
    assert len(seen.folds) == 10
