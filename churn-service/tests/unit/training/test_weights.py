"""A weight column: rows that stand for several customers."""

import numpy as np
import pytest

from churn_service.training.config import parse_config
from churn_service.training.dataset import Dataset
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.metrics import lift, measure
from churn_service.training.pipeline import fit_scorecard, tune
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table
from churn_service.training.trainer import train_model

MODEL = b'[model]\nfamilies = ["spline"]\n'
PLAIN = MODEL + b'[data]\ntarget = "left"\npositive = "yes"\n'
WEIGHTED = PLAIN + b'weight = "Counts"\n'


def customers(rows: int = 400, *, weight: str | None = None) -> bytes:
    """Spell customers whose risk falls with age and is higher in one plan."""
    rng = np.random.default_rng(5)
    lines = ["age,plan,left,counts"]
    for number in range(rows):
        age, plan = rng.integers(18, 80), rng.choice(["basic", "plus"])
        chance = 1 / (1 + np.exp((age - 45) / 12 - (plan == "plus")))
        left = "yes" if rng.random() < chance else "no"
        lines.append(f"{age},{plan},{left},{weight or 1 + number % 3}")
    return "\n".join(lines).encode() + b"\n"


def dataset(data: bytes, config: bytes = WEIGHTED) -> Dataset:
    return build_dataset(parse_table(data), parse_config(config), "test")


def test_the_weight_column_is_read_and_is_no_feature() -> None:
    found = dataset(customers())
    assert found.weights[:4].tolist() == [1.0, 2.0, 3.0, 1.0]
    assert [field.name for field in found.schema.features] == ["age", "plan"]


def test_without_the_key_every_row_is_one_customer() -> None:
    data = customers(weight="1")
    found = build_dataset(parse_table(data), parse_config(PLAIN), "test")
    assert set(found.weights) == {1.0}
    assert len(found.weights) == 400


def test_a_row_of_weight_two_teaches_like_two_rows() -> None:
    found = dataset(customers())
    matrix, churned, times = found.matrix(), found.churned, found.weights.astype(int)
    once = fit_scorecard(matrix, churned, found.schema, 1.0, found.weights)
    # The knots are quantiles of rows; the same features, then, for both.
    features = once.features.transform(matrix)
    often = np.repeat(np.arange(len(churned)), times)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - the oracle

    oracle = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-9, max_iter=100)
    oracle.fit(features[often], churned[often])
    np.testing.assert_allclose(once.model.coefficients, oracle.coef_[0], atol=1e-7)


def test_weights_move_the_choice_of_the_penalty() -> None:
    found = dataset(customers())
    plain = tune(found.matrix(), found.churned, found.schema)
    weighted = tune(found.matrix(), found.churned, found.schema, found.weights)
    assert plain.losses != weighted.losses


def test_equal_weights_change_no_probability() -> None:
    one = train_model(parse_table(customers(weight="1")), parse_config(WEIGHTED), "test")
    none = train_model(
        parse_table(customers(weight="1")),
        parse_config(PLAIN + b'[columns.counts]\ntype = "ignore"\n'),
        "test",
    )
    assert one.document.scorer == none.document.scorer
    assert one.test == none.test


def test_metrics_count_a_heavy_row_as_often_as_it_weighs() -> None:
    rng = np.random.default_rng(1)
    chances = np.round(rng.random(300), 2)
    churned = (rng.random(300) < chances).astype(np.int64)
    times = rng.integers(1, 4, 300)
    often = np.repeat(np.arange(300), times)
    weighted = measure(churned, chances, times.astype(float))
    repeated = measure(churned[often], chances[often])
    for name in ("auc", "log_loss", "brier", "average_precision", "calibration_slope"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name), abs=1e-6), name
    assert weighted.lift_at_10 == pytest.approx(repeated.lift_at_10, abs=0.01)


def test_the_lift_of_equal_weights_is_the_lift_without() -> None:
    churned = np.array([1, 0, 1, 1, 0, 0, 1, 0, 0, 0])
    chances = np.array([0.9, 0.9, 0.7, 0.7, 0.5, 0.5, 0.4, 0.3, 0.3, 0.1])
    assert lift(churned, chances, 0.3) == lift(churned, chances, 0.3, np.ones(10))


@pytest.mark.parametrize("bad", ["0", "-1", "many", ""])
def test_a_weight_that_is_no_number_above_zero_is_refused_with_its_line(bad: str) -> None:
    data = customers().replace(b",2\n", f",{bad}\n".encode(), 1)
    with pytest.raises(DataError, match="line 3: the weight counts must be a number above 0"):
        dataset(data)


def test_a_weight_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r"\[data\] weight: the table has no column 'Weigth'"):
        dataset(customers(), PLAIN + b'weight = "Weigth"\n')
