"""The family `pairs`: trained, proven, served, explained and reported."""

import numpy as np
import pytest

from churn_contract.validation import Validator
from churn_service.artefact.document import Scorecard, decode_document, encode_document
from churn_service.predictor import Predictor
from churn_service.scorer.compilation import base_logit, compile_scorer, compile_shares
from churn_service.training.config import parse_config
from churn_service.training.cross_validation import sample_of
from churn_service.training.errors import FitError
from churn_service.training.families import pair_tables
from churn_service.training.families.family import Tuned
from churn_service.training.families.fitting import fit_families
from churn_service.training.families.pair_tables import Widened, blocks_to
from churn_service.training.model_card import model_card
from churn_service.training.reading import build_dataset
from churn_service.training.report import training_report
from churn_service.training.report.facts import Facts, report_facts
from churn_service.training.report.page import report_html
from churn_service.training.table import parse_table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import train_model

DATA = '[data]\ntarget = "left"\npositive = "yes"\n'
PAIRS = '[model]\nfamilies = ["pairs"]\n'
SETTINGS = {"C": 0.1, "pairs": 2.0, "C of pairs": 0.3}


def crossed_csv(rows: int = 900) -> bytes:
    """Spell customers whose risk hangs on products of signs: no curve shows them."""
    random = np.random.default_rng(4)
    lines = ["calls,age,plan,left"]
    for _ in range(rows):
        calls, age = random.integers(0, 40), random.integers(18, 80)
        plan = random.choice(["basic", "plus", ""])
        logit = 2.5 * (1 if (calls > 20) == (age > 50) else -1) - 0.5
        logit += (plan == "plus") * (2.5 if age > 50 else -2.5)
        left = "yes" if random.random() < 1 / (1 + np.exp(-logit)) else "no"
        lines.append(f"{'' if random.random() < 0.05 else calls},{age},{plan},{left}")
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return train_model(parse_table(crossed_csv()), parse_config((DATA + PAIRS).encode()), "crossed")


@pytest.fixture(scope="module")
def facts(model: TrainedModel) -> Facts:
    return report_facts(model)


def test_the_planted_pair_is_found_with_its_turning_points(model: TrainedModel) -> None:
    scorer = model.document.scorer
    assert isinstance(scorer, Scorecard)
    assert scorer.pairs[0].fields == ("calls", "age")
    assert [axis.edges for axis in scorer.pairs[0].axes] == [(21.0,), (51.0,)]
    assert model.test.log_loss < 0.45
    assert model.tuned.settings["pairs"] >= 1


def test_tables_equal_the_fit_on_all_rows(model: TrainedModel) -> None:
    assert model.parity <= 1e-12
    assert model.fit.facts()["gradient"] <= 1e-8


def test_shares_of_the_fields_add_up_to_the_logit(model: TrainedModel) -> None:
    score, shares = compile_scorer(model.document), compile_shares(model.document)
    for customer in model.dataset.customers[:50]:
        total = sum(shares(customer.values)) + base_logit(model.document)
        assert total == pytest.approx(score(customer.values), abs=1e-12)


def test_the_mean_of_a_pair_is_that_of_the_fitted_customers(model: TrainedModel) -> None:
    found = model.fit.logits(model.dataset.matrix(model.split.fit)).mean()
    assert base_logit(model.document) == pytest.approx(found, abs=1e-9)


def test_a_model_with_pairs_is_served_with_reasons(model: TrainedModel) -> None:
    document = decode_document(encode_document(model.document))
    predictor = Predictor("tests", document, Validator(document.schema))
    customer = predictor.validator.check({"calls": 35, "age": 30, "plan": None})
    assert {reason.field for reason in predictor.explain(customer).reasons} >= {"calls", "age"}


def test_the_report_names_the_pairs(model: TrainedModel, facts: Facts) -> None:
    assert facts.pairs[0].fields == ("calls", "age")
    assert facts.pairs[0].highest.effect > 1 > -1 > facts.pairs[0].lowest.effect
    assert "calls x age" in training_report(model)
    page = report_html(model, facts)
    assert "Pairs of fields that act together" in page
    assert "from 21 with from 51" in page
    assert "on top of both fields alone: calls x age" in model_card(model, facts)


def test_the_same_table_gives_the_same_bytes(model: TrainedModel) -> None:
    sample = sample_of(model.dataset, parse_config(DATA.encode()), model.split.fit)
    again = fit_families(["pairs"], sample, {"pairs": model.tuned})["pairs"]
    scorer = again.compile(sample.schema, sample.matrix)
    assert scorer == model.document.scorer
    assert b'"pairs":[' in encode_document(model.document)


def test_a_monotonic_field_is_never_paired_and_keeps_its_direction() -> None:
    rule = '[columns.calls]\nmonotonic = "increasing"\n'
    dataset = build_dataset(parse_table(crossed_csv()), parse_config(DATA.encode()), "crossed")
    sample = sample_of(dataset, parse_config((DATA + rule).encode()))
    fit = fit_families(["pairs"], sample, {"pairs": Tuned(SETTINGS, {})})["pairs"]
    scorer = fit.compile(sample.schema, sample.matrix)
    assert isinstance(scorer, Scorecard)
    assert [pair.fields for pair in scorer.pairs] == [("age", "plan")]
    assert min(scorer.terms[0].slopes) >= 0


def test_without_pairs_it_is_the_spline_scorecard(model: TrainedModel) -> None:
    sample = sample_of(model.dataset, parse_config(DATA.encode()))
    none = Tuned({**SETTINGS, "pairs": 0.0}, {})
    fits = fit_families(["spline", "pairs"], sample, {"spline": none, "pairs": none})
    spline, paired = (fit.compile(sample.schema, sample.matrix) for fit in fits.values())
    assert spline == paired
    assert fits["pairs"].facts()["pairs"] == "none"


def test_a_fit_with_pairs_that_did_not_converge_is_refused(
    model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_tables, "GRADIENT_LIMIT", -1.0)
    sample = sample_of(model.dataset, parse_config(DATA.encode()))
    with pytest.raises(FitError, match="did not converge"):
        fit_families(["pairs"], sample, {"pairs": Tuned(SETTINGS, {})})


def test_the_products_of_the_design_are_those_of_one_wide_matrix() -> None:
    random = np.random.default_rng(1)
    dense, marks = random.normal(size=(50, 3)), random.integers(0, 2, (50, 4)).astype(float)
    weights, wide = random.random(50), np.hstack([dense, marks])
    design = Widened(dense, pair_tables.csr_array(marks))
    np.testing.assert_allclose(design.products(weights), (wide * weights[:, None]).T @ wide)
    np.testing.assert_allclose(design.totals(weights), wide.T @ weights)


def test_pairs_are_taken_in_blocks() -> None:
    assert (blocks_to(1), blocks_to(4), blocks_to(5)) == ([1], [1, 2, 4], [1, 2, 4, 5])
