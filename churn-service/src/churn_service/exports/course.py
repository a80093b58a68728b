"""course: the pair of machine-learning courses, (DictVectorizer, LogisticRegression)."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from churn_contract.schema import Field
from churn_service.artefact.calibration import IsotonicCalibration, PlattCalibration
from churn_service.artefact.document import CurveTerm, LevelTerm, ModelDocument, Scorecard, Term
from churn_service.exports.exported import Exported, ExportError
from churn_service.exports.pickled import PROTOCOL

_CURE = 'train it with [model] families = ["linear"], or use --format pickle, which holds any model'


def write(model: Exported, target: Path) -> None:
    """Write the pair; `dv, model = pickle.load(file)` reads it."""
    target.write_bytes(pickle.dumps(pair_of(model), protocol=PROTOCOL))


def pair_of(model: Exported) -> tuple[DictVectorizer, LogisticRegression]:
    """Return the two objects, which score canonical records as the service does.

    The order of addition is that of numpy, so the scores agree to 1e-12, not to the
    bit; and numbers beyond the training range are not clamped.

    Raises:
        ExportError: When the model is no plain logistic regression.
    """
    intercept, weights = _linear(model.document)
    vectorizer = DictVectorizer(sparse=False)
    vectorizer.feature_names_ = sorted(weights)
    vectorizer.vocabulary_ = {name: place for place, name in enumerate(sorted(weights))}
    regression = LogisticRegression()
    regression.classes_ = np.array([0, 1])
    regression.coef_ = np.array([[weights[name] for name in sorted(weights)]])
    regression.intercept_ = np.array([intercept])
    regression.n_features_in_ = len(weights)
    regression.n_iter_ = np.array([0], dtype=np.int32)
    regression.model_version_ = model.version
    regression.threshold_ = model.document.threshold
    return vectorizer, regression


def _linear(document: ModelDocument) -> tuple[float, dict[str, float]]:
    """Return the intercept and the weight of each feature of the vectorizer."""
    scorer = document.scorer
    if not isinstance(scorer, Scorecard) or scorer.pairs:
        raise ExportError(f"the model is more than one weight per level and number; {_CURE}")
    total, weights = scorer.intercept, dict[str, float]()
    for field, term in zip(document.schema.features, scorer.terms, strict=True):
        shift, own = _shift(field, term), dict(_weights(field, term))
        total += shift
        weights |= own
    return _calibrated(document, total, weights)


def _calibrated(
    document: ModelDocument, intercept: float, weights: dict[str, float]
) -> tuple[float, dict[str, float]]:
    calibration = document.calibration
    if isinstance(calibration, IsotonicCalibration):
        raise ExportError(f"the model's probabilities are calibrated by steps; {_CURE}")
    if not isinstance(calibration, PlattCalibration):
        return intercept, weights
    slope = calibration.slope
    stretched = {name: slope * weight for name, weight in weights.items()}
    return calibration.intercept + slope * intercept, stretched


def _shift(field: Field, term: Term) -> float:
    """Return what every customer gets from a term."""
    if isinstance(term, LevelTerm):
        return term.weights[field.levels[0]] if field.is_zero_one else 0.0
    return _line(field, term)[0]


def _weights(field: Field, term: Term) -> Iterator[tuple[str, float]]:
    if isinstance(term, CurveTerm):
        yield field.name, _line(field, term)[1]
        return
    shift = _shift(field, term)
    for level, weight in term.weights.items():
        yield f"{field.name}={level}", weight - shift
    if term.missing is not None:
        yield f"{field.name}=", term.missing - shift
    if field.is_zero_one and "1" in term.weights:  # the course writes these as numbers
        yield field.name, term.weights["1"] - term.weights[field.levels[0]]


def _line(field: Field, term: CurveTerm) -> tuple[float, float]:
    """Return intercept and slope of a term that is one straight line."""
    inner = slice(1, -1) if len(term.knots) > 1 else slice(None)
    lines = set(zip(term.intercepts[inner], term.slopes[inner], strict=True))
    if len(lines) != 1:
        raise ExportError(f"the effect of {field.name} is no straight line; {_CURE}")
    if field.nullable:
        raise ExportError(
            f"{field.name} may be missing, which a DictVectorizer cannot say of a number; give "
            f"[columns.{field.raw or field.name}] blank = 0, or use --format pickle"
        )
    return lines.pop()
