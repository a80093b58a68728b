"""The models of scikit-learn in the objects of a file: linear and histogram boosting."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports.arrays import Array, array_of, plain
from churn_service.training.imports.encoders import (
    Columns,
    dict_columns,
    encode,
    level_text,
    names_of,
    raw_columns,
)
from churn_service.training.imports.found import Boosted, Found, Linear, Node
from churn_service.training.imports.inert import Inert, damaged, is_a, kind_of

_LINEAR = ("LogisticRegression", "LogisticRegressionCV")
_BOOSTED = ("HistGradientBoostingClassifier",)
_SEARCHES = ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV")
_MOST_PARTS = 10
_CURE = (
    "save a Pipeline, or the pair (DictVectorizer, model), or a model that was fitted on a "
    "DataFrame"
)


def find_model(objects: list[Any]) -> Found:
    """Return the model in a file's objects, or in those of two files.

    Raises:
        ForeignModelError: When there is none, or it is of a kind that is not converted.
    """
    steps = [step for value in objects for step in _steps(value)]
    if not steps or not is_a(steps[-1], *_LINEAR, *_BOOSTED):
        steps = sorted(steps, key=lambda step: is_a(step, *_LINEAR, *_BOOSTED))
    model = steps.pop() if steps else None
    if not isinstance(model, Inert) or not is_a(model, *_LINEAR, *_BOOSTED):
        raise ForeignModelError(f"there is no model in the file, only {_listed(objects)}")
    classes, columns = _classes(model), _columns(steps, model)
    found = _linear(model, columns) if is_a(model, *_LINEAR) else _boosted(model, columns)
    return Found(
        model=found,
        classes=classes,
        scikit_learn=str(model.attribute("_sklearn_version", "")),
    )


def _steps(value: Any) -> Iterable[Any]:
    """Yield transformers and model in their order, out of pairs, dictionaries and pipelines."""
    if is_a(value, *_SEARCHES):
        yield from _steps(value.attribute("best_estimator_"))
    elif is_a(value, "Pipeline"):
        yield from _pipeline_steps(value)
    elif isinstance(value, dict):
        yield from _parts(list(value.values()))
    elif isinstance(value, tuple | list):
        yield from _parts(value)
    elif isinstance(value, Inert):
        yield value


def _pipeline_steps(pipeline: Inert) -> Iterable[Any]:
    for _, step in pipeline.attribute("steps") or ():
        yield from _steps(step) if is_a(step, "Pipeline", *_SEARCHES) else [step]


def _parts(values: Sequence[Any]) -> Iterable[Any]:
    """Yield the steps of the first parts; parts within parts are none."""
    for part in values[:_MOST_PARTS]:
        if not isinstance(part, tuple | list | dict):
            yield from _steps(part)


def _listed(objects: list[Any]) -> str:
    return ", ".join(kind_of(value) for value in objects[:5])


def _columns(steps: list[Any], model: Inert) -> Columns:
    if steps and is_a(steps[0], "DictVectorizer"):
        columns, rest = dict_columns(steps[0]), steps[1:]
    else:
        names = names_of(steps[0] if steps else model)
        if names is None:
            raise ForeignModelError(f"the model does not say which columns it reads; {_CURE}")
        columns, rest = raw_columns(names), steps
    for step in rest:
        columns = encode(step, columns)
    return columns


def _classes(model: Inert) -> tuple[str, str]:
    classes = array_of(model.attribute("classes_")).entries
    if len(classes) != 2:
        raise ForeignModelError(f"the model tells {len(classes)} classes apart, not two")
    return level_text(classes[0]), level_text(classes[1])


def _linear(model: Inert, columns: Columns) -> Linear:
    if model.attribute("multi_class") == "multinomial":
        raise ForeignModelError(
            'the LogisticRegression has multi_class="multinomial", which is not converted; fit '
            "it without"
        )
    weights = _numbers(array_of(model.attribute("coef_")))
    [intercept] = _numbers(array_of(model.attribute("intercept_")))
    if len(weights) != len(columns):
        raise ForeignModelError(
            f"the model has {len(weights)} weights for {len(columns)} columns; the two parts "
            "do not belong together"
        )
    return Linear(columns=tuple(columns), weights=weights, intercept=intercept)


def _numbers(array: Array) -> tuple[float, ...]:
    found = tuple(float(entry) for entry in array.entries)
    if not all(map(math.isfinite, found)):
        raise ForeignModelError("the model has numbers that are not finite")
    return found


def _boosted(model: Inert, columns: Columns) -> Boosted:
    preprocessor = model.attribute("_preprocessor")
    read = columns if preprocessor is None else encode(preprocessor, columns)
    [base] = _numbers(array_of(model.attribute("_baseline_prediction")))
    trees = tuple(_tree(entry, len(read)) for entry in model.attribute("_predictors") or ())
    if plain(model.attribute("n_features_in_", len(columns))) != len(columns):
        raise ForeignModelError("the model was fitted with another number of columns")
    return Boosted(columns=tuple(read), base=base, trees=trees)


def _tree(entry: Any, width: int) -> tuple[Node, ...]:
    [tree] = entry
    if not is_a(tree, "TreePredictor"):
        raise damaged("a tree is none")
    bits = array_of(tree.attribute("raw_left_cat_bitsets")).rows()
    records = array_of(tree.attribute("nodes")).entries
    return tuple(_node(record, bits, width) for record in records)


def _node(record: Any, bits: list[list[int]], width: int) -> Node:
    if not isinstance(record, dict) or not 0 <= record["feature_idx"] < width:
        raise damaged("a node asks for a column that does not exist")
    codes = None
    if record["is_categorical"] and not record["is_leaf"]:
        codes = _codes(bits[record["bitset_idx"]])
    return Node(
        is_leaf=bool(record["is_leaf"]),
        column=record["feature_idx"],
        threshold=record["num_threshold"],
        codes=codes,
        missing_left=bool(record["missing_go_to_left"]),
        left=record["left"],
        right=record["right"],
        value=record["value"],
        count=record["count"],
    )


def _codes(bits: list[int]) -> tuple[int, ...]:
    return tuple(
        32 * word + bit for word, value in enumerate(bits) for bit in range(32) if value >> bit & 1
    )
