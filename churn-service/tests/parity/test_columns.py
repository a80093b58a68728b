"""Whole columns against rows: every kind of scorer gives the same bits."""

import itertools
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, demo_schema
from churn_contract.validation import Customer, Validator
from churn_service.artefact.calibration import IsotonicCalibration, PlattCalibration
from churn_service.artefact.document import (
    Blend,
    CurveTerm,
    LevelTerm,
    ModelDocument,
    Scorecard,
    TrainingFacts,
    check_document,
)
from churn_service.artefact.interval import IntervalTable
from churn_service.artefact.pairs import LevelAxis, NumberAxis, PairTerm
from churn_service.artefact.trees import Trees
from churn_service.columnar.block import Block, Column, LevelColumn, NumberColumn
from churn_service.columnar.customers import CheckedColumns, CustomersInColumns
from churn_service.columnar.scorers import ColumnScorers
from churn_service.columnar.values import UNSEEN
from churn_service.predictor import Predictor
from churn_service.scorer.compilation import compile_scorer
from churn_service.training.dataset import Dataset

LEAVES = [2, 31, 33, 64, 80]


def column_of(field, values: Sequence[object]) -> Column:
    """Make the column of some values, its entries in an order of its own."""
    if field.kind == "number":
        return NumberColumn(np.array([np.nan if value is None else value for value in values]))
    words = (*field.levels, UNSEEN, None)
    order = np.random.default_rng(len(words)).permutation(len(words))
    codes = {words[place]: code for code, place in enumerate(order)}
    kept = [value if value in codes else UNSEEN for value in values]
    found = np.array([codes[value] for value in kept], dtype=np.int8)
    return LevelColumn(found, order, len(field.levels))


def block_of(schema: CustomerSchema, customers: Sequence[Customer]) -> Block:
    columns = zip(*(customer.values for customer in customers), strict=True)
    return Block(len(customers), tuple(map(column_of, schema.features, columns)))


def assert_same_bits(document: ModelDocument, customers: Sequence[Customer]) -> None:
    check_document(document)
    block = block_of(document.schema, customers)
    scorers = ColumnScorers()
    score = compile_scorer(document)
    logits = scorers.of("v", document).logits(block).tolist()
    assert logits == [score(customer.values) for customer in customers]
    predictor = Predictor("v", document, Validator(document.schema))
    columns = CustomersInColumns(document.schema, CheckedColumns(block), scorers)
    wanted = [
        msgspec.structs.replace(each, customer_id=None) for each in predictor.predict(customers)
    ]
    assert list(predictor.predict(columns)) == wanted


def changed(customer: Customer, place: int, value: object) -> Customer:
    values = (*customer.values[:place], value, *customer.values[place + 1 :])
    return Customer(customer.customer_id, values)


def document_of(schema: CustomerSchema, scorer, **others: object) -> ModelDocument:
    return ModelDocument(
        name="churn", schema=schema, schema_digest=schema.digest, threshold=0.5, scorer=scorer,
        training=TrainingFacts(data_sha256="0", config_sha256="0", rows=1, churned=1), **others,
    )  # fmt: skip


class Grower:
    """Grows trees at random over any schema."""

    def __init__(self, schema: CustomerSchema, seed: int) -> None:
        self.schema, self.dice = schema, np.random.default_rng(seed)
        self.rows: list[list] = []
        self.sets: list[tuple[str, ...]] = []

    def trees(self, count: int, leaves: int) -> Trees:
        roots = []
        for _ in range(count):
            roots.append(len(self.rows))
            self.grow(leaves)
        columns = dict(zip(NODE, map(tuple, zip(*self.rows, strict=True)), strict=True))
        return Trees(base=-0.3, roots=tuple(roots), category_sets=tuple(self.sets), **columns)

    def grow(self, leaves: int) -> int:
        node = len(self.rows)
        self.rows.append([-1, 0.0, -1, False, 0, 0, float(self.dice.normal()), 1])
        if leaves > 1:
            part = int(self.dice.integers(1, leaves))
            self.ask(node)
            children = [self.grow(part), self.grow(leaves - part)]
            self.rows[node][4:] = [*children, 0.0, sum(self.rows[child][7] for child in children)]
        return node

    def ask(self, node: int) -> None:
        feature = int(self.dice.integers(len(self.schema.features)))
        field, is_left = self.schema.features[feature], bool(self.dice.random() < 0.5)
        if field.kind == "number":
            threshold = float(np.round(self.dice.uniform(field.lowest, field.highest)))
            self.rows[node][:4] = [feature, threshold, -1, is_left]
            return
        self.rows[node][:4] = [feature, 0.0, len(self.sets), is_left]
        chosen = self.dice.random(len(field.levels)) < 0.5
        self.sets.append(tuple(itertools.compress(field.levels, chosen)))


NODE = (
    "feature", "threshold", "category_set", "missing_left", "left", "right", "value", "count"
)  # fmt: skip


@pytest.fixture(scope="session")
def schema() -> CustomerSchema:
    return demo_schema()


@pytest.fixture(scope="session")
def customers(schema: CustomerSchema) -> list[Customer]:
    validator = Validator(schema)
    return [validator.check(each) for each in itertools.islice(sample_customers(schema, 2), 700)]


@pytest.mark.parametrize("leaves", LEAVES)
def test_trees_of_any_size_score_with_the_same_bits(schema, customers, leaves: int) -> None:
    trees = Grower(schema, leaves).trees(70, leaves)
    assert_same_bits(document_of(schema, trees), customers)


def test_trees_of_the_library_score_with_the_same_bits(shop: Dataset, shop_trees) -> None:
    scorer = shop_trees.compile(shop.schema, shop.matrix())
    unseen = [changed(each, 2, "x") for each in shop.customers[:50]]
    assert_same_bits(document_of(shop.schema, scorer), [*shop.customers, *unseen])


def test_the_public_table_scores_with_the_same_bits(telco_model) -> None:
    document = telco_model.document
    customers = telco_model.dataset.customers
    assert len(customers) == 7043
    assert isinstance(document.scorer, Scorecard)
    assert document.interval is not None
    assert_same_bits(document, customers)


def test_missing_and_unseen_values_score_with_the_same_bits(gym_model) -> None:
    document, customers = gym_model.document, gym_model.dataset.customers
    assert_same_bits(document, customers)
    scorer = document.scorer
    place = next(
        place
        for place, term in enumerate(scorer.terms)
        if isinstance(term, LevelTerm) and term.other is not None
    )
    odd = [changed(each, place, "elsewhere") for each in customers[:100]]
    assert_same_bits(document, odd)


@pytest.mark.parametrize("rows", [1, 3, 40, 300])
def test_few_rows_score_as_many_do(gym_model, rows: int) -> None:
    assert_same_bits(gym_model.document, gym_model.dataset.customers[:rows])


def test_blends_calibrations_and_intervals_score_with_the_same_bits(
    gym_model,
) -> None:
    schema, customers = gym_model.document.schema, gym_model.dataset.customers
    trees = Grower(schema, 1).trees(9, 12)
    blend = Blend(members=(gym_model.document.scorer, trees), weights=(0.3, 0.7))
    upper = (0.0, 1.0, 0.2, 3.0)
    interval = IntervalTable(level=0.9, edges=(-2.0, -1.0, 0.5), lower=(-0.5,) * 4, upper=upper)
    steps = IsotonicCalibration(logits=(-1.0, -0.5, 0.2, 0.9), probabilities=(0.1, 0.2, 0.2, 0.95))
    for calibration in (PlattCalibration(intercept=0.1, slope=0.8), steps):
        document = document_of(schema, blend, calibration=calibration, interval=interval)
        assert_same_bits(document, customers)


def test_pairs_score_with_the_same_bits(schema, customers) -> None:
    card = scorecard_of(schema)
    number = NumberAxis(edges=(3.0, 11.0, 40.0), missing=4)
    places = {field.name: field for field in schema.features}
    contract = LevelAxis(
        cells={level: place for place, level in enumerate(places["contract"].levels)},
        missing=0,
        other=0,
    )
    table = tuple(tuple(row) for row in np.random.default_rng(1).normal(size=(5, 3)).tolist())
    pair = PairTerm(fields=("tenure", "contract"), axes=(number, contract), table=table)
    turned = PairTerm(
        fields=("contract", "tenure"),
        axes=(contract, number),
        table=tuple(zip(*table, strict=True)),
    )
    scorer = msgspec.structs.replace(card, pairs=(pair, turned))
    assert_same_bits(document_of(schema, scorer), customers)


def scorecard_of(schema: CustomerSchema) -> Scorecard:
    dice = np.random.default_rng(8)
    terms = tuple(
        CurveTerm(
            field=field.name,
            knots=(field.lowest, field.lowest + 5.5, field.highest),
            intercepts=(0.1, 0.3, -0.2, 1.0),
            slopes=(0.0, 0.011, -0.02, 0.0),
            missing=0.7,
        )
        if field.kind == "number"
        else LevelTerm(
            field=field.name,
            weights={level: float(dice.normal()) for level in field.levels},
            missing=0.2,
            other=-0.3,
        )
        for field in schema.features
    )
    return Scorecard(intercept=-0.7, terms=terms)


def test_huge_logits_neither_overflow_nor_warn(schema, customers) -> None:
    base = document_of(schema, Grower(schema, 5).trees(3, 4))
    for logit in (900.0, -900.0, 0.0, -0.0):
        scorer = msgspec.structs.replace(base.scorer, base=logit)
        assert_same_bits(msgspec.structs.replace(base, scorer=scorer), customers[:50])
