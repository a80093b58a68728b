import numpy as np
import pytest
from sklearn.preprocessing import SplineTransformer
from sklearn.utils.estimator_checks import check_estimator

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.features import NumberBasis, build_features

RANDOM = np.random.default_rng(1)
NAN = float("nan")


def test_the_estimator_obeys_scikit_learns_rules() -> None:
    check_estimator(NumberBasis(), on_skip=None)


def test_hats_are_scikit_learns_linear_splines() -> None:
    numbers = RANDOM.normal(size=(500, 1))
    theirs = SplineTransformer(
        n_knots=12, degree=1, knots="quantile", extrapolation="constant"
    ).fit_transform(numbers)

    ours = NumberBasis().fit_transform(numbers)

    np.testing.assert_allclose(ours[:, :12], theirs, atol=1e-12)
    np.testing.assert_allclose(ours[:, 12], (numbers[:, 0] - numbers.mean()) / numbers.std())


def test_beyond_the_training_range_nothing_changes() -> None:
    basis = NumberBasis().fit(RANDOM.uniform(0, 10, size=(100, 2)))

    inside = basis.transform([[basis.columns_[0].knots[-1], basis.columns_[1].knots[0]]])

    np.testing.assert_array_equal(basis.transform([[1e9, -1e9]]), inside)


def test_missing_numbers_have_only_their_mark() -> None:
    basis = NumberBasis(n_knots=3).fit([[1.0], [2.0], [NAN], [4.0]])

    assert basis.transform([[NAN]]).tolist() == [[0.0, 0.0, 0.0, 0.0, 1.0]]


def test_a_number_that_was_never_missing_in_training_may_miss_later() -> None:
    basis = NumberBasis(n_knots=2).fit([[1.0], [2.0]])

    assert basis.transform([[NAN]]).tolist() == [[0.0, 0.0, 0.0]]


def test_equal_quantiles_merge() -> None:
    basis = NumberBasis().fit([[0.0]] * 90 + [[1.0]] * 10)

    assert basis.columns_[0].knots.tolist() == [0.0, 1.0]


def test_a_column_without_any_number_has_its_mark_alone() -> None:
    basis = NumberBasis().fit([[NAN], [NAN]])

    assert basis.transform([[NAN], [3.0]])[:, 2].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("fields", "width"),
    [
        ((Field(name="a", kind="category", levels=("x", "y"), nullable=True),), 3),
        ((Field(name="n", kind="number", minimum=0, maximum=9),), 13),
    ],
)
def test_tables_of_one_kind_only_have_features(fields: tuple[Field, ...], width: int) -> None:
    schema = CustomerSchema(name="t", fields=fields)
    is_number = fields[0].kind == "number"
    matrix = np.array([[1.0], [2.0]] if is_number else [["x"], [""]], dtype=object)

    assert build_features(schema).fit_transform(matrix).shape == (2, width)


def test_an_unlisted_level_has_zeros() -> None:
    field = Field(name="a", kind="category", levels=("x", "y"), unknown="other")
    features = build_features(CustomerSchema(name="t", fields=(field,)))
    features.fit(np.array([["x"], ["y"]], dtype=object))

    assert features.transform(np.array([["z"]], dtype=object)).tolist() == [[0.0, 0.0]]
