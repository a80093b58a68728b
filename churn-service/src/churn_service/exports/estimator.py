"""A model as a scikit-learn estimator, for notebooks; the service never loads one.

Its only state is the text of `model.json`, so its pickle has no arrays, no classes but
this one, and does not depend on the version of scikit-learn.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from churn_contract.schema import CustomerSchema
from churn_contract.validation import Customer, Validator
from churn_service.artefact.document import decode_document
from churn_service.artefact.manifest import version_of
from churn_service.predictor import Predictor

_MOST_ROWS = 2**63
_EXACT = 2**53


class ChurnEstimator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """A trained model that scores tables in notebooks, with the bits of the service.

    Args:
        model: The text of `model.json`.

    Examples:
        with open("churn.bin", "rb") as file:
            model = pickle.load(file)
        model.predict_proba(customers)[:, 1]
    """

    def __init__(self, model: str) -> None:
        self.model = model

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle keeps: the text alone, nothing that was compiled."""
        return {"model": self.model}

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn that nothing is to be fitted."""
        return True

    @property
    def classes_(self) -> NDArray[np.int64]:
        """The columns of `predict_proba`: 0 stays, 1 leaves."""
        return np.array([0, 1])

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """The names of the columns that are read, as in the training table."""
        fields = self._predictor.schema.features
        return np.array([field.raw or field.name for field in fields], dtype=object)

    @property
    def model_version_(self) -> str:
        """The version, as in the registry."""
        return self._predictor.version

    @property
    def threshold_(self) -> float:
        """The probability from which `predict` says 1."""
        return self._predictor.threshold

    def fit(self, X: object, y: object = None) -> NoReturn:  # noqa: N803 - scikit-learn's name
        """Refuse: a new model is made by `churn train`."""
        raise NotImplementedError("this model is trained already; churn train makes a new one")

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803 - scikit-learn's name
        """Return the probabilities to stay and to leave, one row per customer.

        Args:
            X: A DataFrame, a list of dictionaries, or one dictionary. Names and levels
                may be spelled as in the training table; other columns are ignored.

        Raises:
            ValueError: Naming the fields that are missing or do not fit.
        """
        found = self._predictor.predict(self._customers(X))
        leaving = np.array([prediction.churn_probability for prediction in found], dtype=float)
        return np.column_stack([1.0 - leaving, leaving])

    def predict(self, X: Any) -> NDArray[np.int64]:  # noqa: N803 - scikit-learn's name
        """Return 1 for customers whose probability reaches the threshold, else 0."""
        found: NDArray[np.int64] = (self.predict_proba(X)[:, 1] >= self.threshold_).astype(int)
        return found

    @cached_property
    def _predictor(self) -> Predictor:
        content = self.model.encode()
        document = decode_document(content)
        return Predictor(
            version_of(content), document, Validator(document.schema, max_rows=_MOST_ROWS)
        )

    def _customers(self, rows: Any) -> list[Customer]:
        schema = self._predictor.schema
        records = [_read(schema, record) for record in _records(rows)]
        return self._predictor.validator.check_all(records, text=True)


def _records(rows: Any) -> Iterable[Mapping[str, object]]:
    """Return one mapping per row of a table or of a list."""
    if isinstance(rows, Mapping):
        return [rows]
    if hasattr(rows, "columns"):  # pandas, polars and what is like them
        return list(_of_table(rows))
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError("customers must be a DataFrame or a list of dictionaries")
    return cast("list[Mapping[str, object]]", rows)


def _of_table(table: Any) -> Iterator[Mapping[str, object]]:
    names = [str(name) for name in table.columns]
    columns = [table[name].to_list() for name in table.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _read(schema: CustomerSchema, record: Mapping[str, object]) -> dict[str, str]:
    """Return the cells of the features; what the model does not read is left out."""
    found = ((key, schema.find(str(key)), value) for key, value in record.items())
    return {
        str(key): _cell(value)
        for key, field, value in found
        if field is not None and field.role == "feature"
    }


def _cell(value: Any) -> str:
    """Return a value as a text cell that reads back to the same number."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return ""
    return _number_cell(value) if isinstance(value, float) else str(value)


def _number_cell(value: float) -> str:
    if math.isnan(value):
        return ""
    # A column of whole numbers with gaps comes as floats: a level 1 must not become 1.0.
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
