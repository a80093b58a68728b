"""The tables of boosted trees against the library that trained them."""

from pathlib import Path

import numpy as np
import pytest

from churn_contract.validation import Validator
from churn_service.artefact.document import (
    ModelDocument,
    TrainingFacts,
    decode_document,
    encode_document,
)
from churn_service.artefact.trees import Trees, trees_problems
from churn_service.scorer.compilation import base_logit, compile_scorer, compile_shares
from churn_service.scorer.trees import compile_trees
from churn_service.training.config import parse_config
from churn_service.training.dataset import Dataset, to_matrix
from churn_service.training.families.trees import TreesFit, draws, encoded
from churn_service.training.golden import golden_cells
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table, read_table

PLAIN_TOML = b"""
[data]
target = "left"
positive = 1
[columns]
a.type = "number"
b.type = "number"
"""


def document_of(dataset: Dataset, fit: TreesFit) -> ModelDocument:
    return ModelDocument(
        name="shop",
        schema=dataset.schema,
        schema_digest=dataset.schema.digest,
        threshold=0.5,
        scorer=fit.compile(dataset.schema, dataset.matrix()),
        training=TrainingFacts(data_sha256="0", config_sha256="0", rows=1, churned=1),
    )


def assert_bits_equal(document: ModelDocument, fit: TreesFit, dataset: Dataset) -> None:
    score = compile_scorer(decode_document(encode_document(document)))
    ours = np.array([score(customer.values) for customer in dataset.customers])
    assert np.array_equal(ours, fit.model._raw_predict(fit_columns(fit, dataset))[:, 0])


def fit_columns(fit: TreesFit, dataset: Dataset) -> np.ndarray:
    return encoded(fit.schema, dataset.matrix())


def test_every_row_of_the_public_table_scores_with_the_same_bits(
    telco_csv: Path, fit_trees
) -> None:
    config = parse_config(b'[data]\ntarget = "Churn"\npositive = "Yes"\nid = "customerID"\n')
    dataset = build_dataset(read_table(telco_csv), config, "churn")
    fit = fit_trees(dataset)
    assert_bits_equal(document_of(dataset, fit), fit, dataset)


def test_categories_and_missing_values_score_with_the_same_bits(shop, shop_trees) -> None:
    document = document_of(shop, shop_trees)
    assert isinstance(document.scorer, Trees)
    assert any(document.scorer.missing_left)
    assert any(chosen >= 0 for chosen in document.scorer.category_set)
    assert_bits_equal(document, shop_trees, shop)


@pytest.mark.parametrize("draw", range(3))
def test_every_draw_of_settings_scores_with_the_same_bits(shop, fit_trees, draw: int) -> None:
    fit = fit_trees(shop, **draws()[draw])
    assert_bits_equal(document_of(shop, fit), fit, shop)


def test_constructed_customers_with_unseen_levels_score_with_the_same_bits(
    shop, shop_trees
) -> None:
    validator = Validator(shop.schema)
    customers = [validator.check_text(cells) for cells in golden_cells(shop.schema)]
    score = compile_trees(shop_trees.compile(shop.schema, shop.matrix()), shop.schema)
    ours = [score(customer.values) for customer in customers]
    assert ours == shop_trees.logits(to_matrix(shop.schema, customers)).tolist()


def test_a_level_that_the_fit_has_not_seen_scores_as_in_the_library(shop, fit_trees) -> None:
    rows = np.flatnonzero(shop.matrix()[:, 3] != "no")
    few = Dataset(
        shop.table, shop.schema, tuple(shop.customers[row] for row in rows),
        tuple(shop.keys[row] for row in rows), shop.churned[rows], (),
    )  # fmt: skip
    fit = fit_trees(few)
    assert_bits_equal(document_of(few, fit), fit, shop)


def test_a_table_without_categories_scores_with_the_same_bits(fit_trees) -> None:
    random = np.random.default_rng(0)
    numbers = random.normal(size=(600, 2)).round(4)
    left = (numbers.prod(axis=1) + random.normal(size=600) > 0).astype(int)
    lines = [f"{a},{b},{y}" for (a, b), y in zip(numbers, left, strict=True)]
    table = parse_table("\n".join(["a,b,left", *lines]).encode())
    config = parse_config(PLAIN_TOML)
    dataset = build_dataset(table, config, "plain")
    fit = fit_trees(dataset)
    assert_bits_equal(document_of(dataset, fit), fit, dataset)


def test_the_tables_of_a_fit_have_no_problems(shop, shop_trees) -> None:
    assert not list(trees_problems(shop.schema, shop_trees.compile(shop.schema, shop.matrix())))


def test_the_reasons_and_the_mean_add_up_to_the_logit(shop, shop_trees) -> None:
    document = document_of(shop, shop_trees)
    score, shares, mean = compile_scorer(document), compile_shares(document), base_logit(document)
    for customer in shop.customers[:60]:
        total = sum(shares(customer.values)) + mean
        assert total == pytest.approx(score(customer.values), abs=1e-9)


def test_the_mean_is_that_of_the_training_customers(shop, shop_trees) -> None:
    mean = base_logit(document_of(shop, shop_trees))
    assert mean == pytest.approx(shop_trees.logits(shop.matrix()).mean(), abs=1e-9)
