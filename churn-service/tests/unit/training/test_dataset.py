import pickle

import numpy as np
import pytest

from churn_service.training.config import parse_config
from churn_service.training.cross_validation import Material, sample_of
from churn_service.training.dataset import Dataset, packed
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table

CONFIG = parse_config(b'[data]\ntarget = "left"\npositive = "yes"\n')


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    rows = [
        f"{row % 7 or ''},{('a', 'b', '')[row % 3]},{('yes', 'no')[row % 2]}" for row in range(180)
    ]
    return build_dataset(parse_table("\n".join(["n,plan,left", *rows]).encode()), CONFIG, "made up")


def test_the_matrix_is_made_once_and_nobody_can_change_it(dataset: Dataset) -> None:
    assert dataset.matrix() is dataset.matrix()
    with pytest.raises(ValueError, match="read-only"):
        dataset.matrix()[0, 0] = 1.0
    assert dataset.matrix(np.array([3, 1]))[:, 0].tolist() == [3.0, 1.0]


def test_a_packed_matrix_comes_back_with_missing_cells_and_levels(dataset: Dataset) -> None:
    matrix = dataset.matrix()
    found = packed(dataset.schema, matrix).unpacked()

    assert np.isnan(found[0, 0])
    assert np.array_equal(found[:, 0].astype(float), matrix[:, 0].astype(float), equal_nan=True)
    assert found[:, 1].tolist() == matrix[:, 1].tolist()
    assert "" in found[:, 1]


def test_what_folds_share_goes_to_another_process_as_numbers(dataset: Dataset) -> None:
    material = Material(sample_of(dataset, CONFIG), ("spline",), with_course=False, tuned=None)
    found = pickle.loads(pickle.dumps(material))  # noqa: S301 - our own bytes

    assert (found.families, found.with_course, found.tuned) == (("spline",), False, None)
    assert found.sample.schema == dataset.schema
    assert found.sample.matrix[:, 1].tolist() == dataset.matrix()[:, 1].tolist()
    assert found.sample.churned.tolist() == dataset.churned.tolist()
    assert material.sample.matrix.shape == (180, 2)


def test_a_large_sample_is_represented_by_the_same_rows_each_time(dataset: Dataset) -> None:
    sample = sample_of(dataset, CONFIG)

    assert sample.at_most(180) is sample
    few = sample.at_most(20)
    assert len(few.churned) == len(few.matrix) == len(few.weights) == 20
    assert few.churned.tolist() == sample.at_most(20).churned.tolist()
