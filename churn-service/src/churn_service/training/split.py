"""Divide customers for ever by a keyed hash of their id."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from churn_service.training.dataset import Dataset, Rows
from churn_service.training.errors import DataError

_KEY = b"churn split 1"
TEST_SHARE = 0.2
VALIDATION_SHARE = 0.2


@dataclass(frozen=True)
class Split:
    """Row numbers of each part; `fit` is train and validation together."""

    train: Rows
    validation: Rows
    test: Rows

    @property
    def fit(self) -> Rows:
        """The rows that the champion is refitted on, in the file's order."""
        return np.sort(np.concatenate([self.train, self.validation]))


def position(key: str) -> float:
    """Return where a customer's key falls between 0 and 1, always the same."""
    digest = blake2b(key.encode(), key=_KEY, digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def split_dataset(dataset: Dataset) -> Split:
    """Put each customer into train, validation or test (60, 20, 20 %).

    A customer stays in the same part in every retraining, so a test customer
    never becomes one that a later model has learned from; all rows of a
    customer are in one part.

    Raises:
        DataError: When a part lacks one of the two outcomes.
    """
    split = split_keys(dataset.keys)
    for name, rows in (
        ("train", split.train),
        ("validation", split.validation),
        ("test", split.test),
    ):
        if len(set(dataset.churned[rows])) < 2:
            raise DataError(f"the {name} part has only one outcome; more customers are needed")
    return split


def split_keys(keys: Sequence[str]) -> Split:
    """Return the row numbers of each part for these keys."""
    positions = np.array([position(key) for key in keys])
    test = positions < TEST_SHARE
    validation = ~test & (positions < TEST_SHARE + VALIDATION_SHARE)
    return Split(
        train=np.flatnonzero(~test & ~validation),
        validation=np.flatnonzero(validation),
        test=np.flatnonzero(test),
    )
