"""What single transformers, arrays and trees of a file mean, and which are refused."""

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports import child
from churn_service.training.imports.arrays import array_of
from churn_service.training.imports.encoders import encode, level_text, raw_columns
from churn_service.training.imports.found import Encoded
from churn_service.training.imports.numbers import number_reader
from churn_service.training.imports.pickle_files import read_objects

LEVELS = np.array([["a"], ["b"], [None], ["b"]], dtype=object)
NUMBERS = np.array([[1.0], [2.0], [4.0], [9.0]])


def inert(content: Any, protocol: int = 4) -> Any:
    [found] = read_objects(pickle.dumps(content, protocol=protocol))
    return found


def encoded(transformer: Any, values: Any) -> Any:
    return encode(inert(transformer.fit(values)), raw_columns(["c"]))


def numbers(column: Encoded, *values: Any) -> list[float]:
    read = number_reader(column, has_levels=False)
    return [read(value) for value in values]


@pytest.mark.parametrize("missing", [np.nan, -1])
def test_ordinal_codes_of_unknown_and_missing_levels(missing: float) -> None:
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-2, encoded_missing_value=missing
    )

    [column] = encoded(encoder, LEVELS)

    assert numbers(column, "a", "b", "new") == [0.0, 1.0, -2.0]
    assert repr(numbers(column, None)) == repr([float(missing)])


def test_levels_may_be_numbers_and_are_read_by_their_text() -> None:
    [one, two] = encoded(OneHotEncoder(), np.array([[1.0], [2.5]]))

    assert numbers(one, 1.0, "1", "2.5") == [1.0, 1.0, 0.0]
    assert numbers(two, 2.5) == [1.0]
    assert [level_text(level) for level in (True, 1.0, 1.5, "x")] == ["True", "1", "1.5", "x"]


def test_scales_may_be_left_out() -> None:
    [column] = encoded(StandardScaler(with_mean=False, with_std=False), NUMBERS)

    assert column.steps == ()
    assert numbers(column, 3.0) == [3.0]


def test_a_scaler_behind_an_encoder_scales_its_codes() -> None:
    first = OrdinalEncoder().fit(NUMBERS)
    columns = encode(inert(first), raw_columns(["c"]))

    [column] = encode(inert(StandardScaler().fit(first.transform(NUMBERS))), columns)

    wanted = StandardScaler().fit_transform(first.transform(NUMBERS))
    assert numbers(column, "1", "2", "4", "9") == pytest.approx(wanted[:, 0].tolist())


def test_an_encoder_behind_an_encoder_reads_its_codes() -> None:
    first = OrdinalEncoder().fit(LEVELS[:2])
    columns = encode(inert(first), raw_columns(["c"]))

    a, b = encode(inert(OneHotEncoder().fit(first.transform(LEVELS[:2]))), columns)

    assert numbers(a, "a", "b") == [1.0, 0.0]
    assert numbers(b, "a", "b") == [0.0, 1.0]


def test_a_name_alone_chooses_one_column() -> None:
    transformer = ColumnTransformer([("c", StandardScaler(), [0])]).fit(NUMBERS)
    name, scaler, _ = transformer.transformers_[0]
    transformer.transformers_ = [(name, scaler, "c"), (name, "passthrough", ["c"])]

    scaled, plain = encode(inert(transformer), raw_columns(["c"]))

    assert numbers(plain, 3.0) == [3.0]
    assert numbers(scaled, 4.0) == [0.0]


def square(values: Any) -> Any:
    return values**2


@pytest.mark.parametrize(
    ("transformer", "values", "said"),
    [
        (OneHotEncoder(min_frequency=2), LEVELS, "groups rare levels"),
        (OneHotEncoder(max_categories=2), LEVELS, "groups rare levels"),
        (MinMaxScaler(clip=True), NUMBERS, "use clip=False"),
        (SimpleImputer(add_indicator=True), NUMBERS, "marks missing values"),
        (SimpleImputer(missing_values=1.0), NUMBERS, "replaces others than NaN"),
        (SimpleImputer(strategy="most_frequent", missing_values=None), LEVELS, "fills levels"),
        (FunctionTransformer(np.log1p), NUMBERS, "names numpy.log1p"),
        (FunctionTransformer(square), NUMBERS, "names"),
        (make_pipeline(StandardScaler(), OneHotEncoder()), NUMBERS, "is scaled first"),
        (make_pipeline(OrdinalEncoder(), SimpleImputer()), NUMBERS, "fills levels"),
        (HistGradientBoostingClassifier(max_iter=1), None, "is HistGradientBoostingClassifier"),
    ],
)
def test_settings_that_are_not_converted_are_refused(
    transformer: Any, values: Any, said: str
) -> None:
    if values is not None:
        transformer.fit(values)

    with pytest.raises(ForeignModelError, match=said):
        encode(inert(transformer), raw_columns(["c"]))


def error_of(content: Any) -> str:
    return child.answer(child.Request((pickle.dumps(content),))).error


def test_other_models_are_refused_with_what_is_converted() -> None:
    forest = RandomForestClassifier(n_estimators=1).fit(NUMBERS, [0, 1, 0, 1])
    calibrated = CalibratedClassifierCV(LogisticRegression(), cv=2).fit(NUMBERS, [0, 1, 0, 1])

    for model in (forest, calibrated):
        said = error_of((DictVectorizer(), model))
        assert "is not converted; converted are LogisticRegression and Hist" in said
        assert "churn train" in said


def fitted(**changes: Any) -> tuple[Any, Any]:
    records = [{"x": number} for number in NUMBERS[:, 0].tolist()]
    vectorizer = DictVectorizer(sparse=False)
    model = LogisticRegression().fit(vectorizer.fit_transform(records), [0, 1, 0, 1])
    vars(model).update(changes)
    return vectorizer, model


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"multi_class": "multinomial"}, "fit it without"),
        ({"coef_": np.array([[np.nan]])}, "not finite"),
        ({"coef_": np.array([["x"]])}, "no model"),
        ({"coef_": None}, "an array is missing"),
        ({"coef_": np.zeros((1, 1, 1))}, "no shape of one or two"),
        ({"coef_": np.array([[1 + 2j]])}, "neither of numbers nor of texts"),
        ({"coef_": np.array([["x"]], dtype=object)}, "no model"),
        ({"coef_": np.array([[{}]], dtype=object)}, "neither a number nor a text"),
    ],
)
def test_a_linear_model_that_is_odd_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in error_of(fitted(**changes))


def test_a_vectorizer_without_names_is_refused() -> None:
    vectorizer, model = fitted()
    vectorizer.feature_names_ = [b"x"]

    assert "has no names" in error_of((vectorizer, model))


@pytest.mark.parametrize("protocol", [2, 5])
@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        np.array([[1, 2, 3], [4, 5, 6]], dtype=">i4"),
        np.array([["a", "é"]], dtype="<U3"),
        np.array([["a", "é"]], dtype=">U3"),
        np.array([True, False]),
        np.array([1.5, -2.0], dtype=np.float16),
        np.zeros((0, 8), dtype=np.uint32),
        np.array(["x", None, 1.0], dtype=object),
    ],
)
def test_arrays_are_read_row_by_row(array: Any, protocol: int) -> None:
    found = array_of(inert(array, protocol))

    assert found.shape == array.shape
    assert found.entries == array.ravel().tolist()


def trees(**changes: Any) -> Any:
    model = HistGradientBoostingClassifier(max_iter=1, min_samples_leaf=1)
    model.fit(NUMBERS, [0, 1, 0, 1])
    model.feature_names_in_ = np.array(["x"], dtype=object)
    for name, value in changes.items():
        if name == "nodes":
            value(model._predictors[0][0].nodes)
        else:
            setattr(model, name, value)
    return model


def far(nodes: Any) -> None:
    nodes["feature_idx"] = 7


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nodes": far}, "a column that does not exist"),
        ({"_predictors": [[5]]}, "a tree is none"),
        ({"n_features_in_": 3}, "another number of columns"),
        ({"_baseline_prediction": np.array([[np.inf]])}, "not finite"),
    ],
)
def test_trees_that_are_odd_are_refused(changes: dict[str, Any], said: str) -> None:
    assert said in error_of(trees(**changes))
    assert error_of(trees()) == ""


def test_a_record_with_objects_is_refused() -> None:
    records = np.zeros(2, dtype=[("a", "f8"), ("b", "O")])

    with pytest.raises(ForeignModelError, match="a member outside of it"):
        array_of(inert(records))
