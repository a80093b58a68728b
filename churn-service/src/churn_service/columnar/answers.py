"""The answer to many customers as an Arrow stream."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from churn_contract.prediction import Prediction
from churn_contract.validation import RowErrors
from churn_service.columnar.block import Scores
from churn_service.columnar.cells import Bools, Texts
from churn_service.columnar.ids import Ids, ids_of
from churn_service.columnar.predictions import ScoredColumns
from churn_service.columnar.writing import Written, floats, texts, truths, write_stream
from churn_service.envelopes.body import Body

_Item = TypeVar("_Item", bound=np.generic)


def write_answer(body: Body, predictions: Sequence[Prediction]) -> bytes:
    """Return one row per row of the body, in their order; bad ones hold nulls.

    Columns: customer_id, churn_probability, churn; interval_low and interval_high when the
    version has intervals; error in a lenient answer. The schema's metadata name the version.
    """
    rows = len(predictions) + len(body.bad)
    scores, ids = _columns(predictions)
    valid = np.ones(rows, dtype=bool)
    valid[[row for row, _ in body.bad]] = False
    columns = list(_scored(scores, ids, valid))
    if body.is_lenient:
        columns.append(_errors(body.bad, rows))
    return write_stream(rows, columns, _metadata(predictions))


def _metadata(predictions: Sequence[Prediction]) -> dict[str, str]:
    if isinstance(predictions, ScoredColumns):
        return {"model_version": predictions.version, "threshold": repr(predictions.threshold)}
    if not predictions:
        return {}
    first = predictions[0]
    return {"model_version": first.model_version, "threshold": repr(first.threshold)}


def _columns(predictions: Sequence[Prediction]) -> tuple[Scores, Ids | None]:
    if isinstance(predictions, ScoredColumns):
        return predictions.scores, predictions.ids
    ends = [prediction.interval for prediction in predictions if prediction.interval]
    low, high = (np.array(each) for each in zip(*ends, strict=True)) if ends else (None, None)
    scores = Scores(
        np.array([prediction.churn_probability for prediction in predictions], dtype=np.float64),
        np.array([prediction.churn for prediction in predictions], dtype=bool),
        low,
        high,
    )
    return scores, ids_of([prediction.customer_id for prediction in predictions])


def _scored(scores: Scores, ids: Ids | None, valid: Bools) -> Iterator[Written]:
    given = None if valid.all() else valid
    yield _id_column(ids, valid)
    yield floats("churn_probability", _placed(scores.chances, valid), given)
    yield truths("churn", _placed(scores.churn, valid), given)
    if scores.low is not None and scores.high is not None:
        yield floats("interval_low", _placed(scores.low, valid), given)
        yield floats("interval_high", _placed(scores.high, valid), given)


def _id_column(ids: Ids | None, valid: Bools) -> Written:
    if ids is None:
        places = np.zeros(len(valid), dtype=np.int64)
        nothing = Texts(places, places, np.empty(0, dtype=np.uint8))
        return texts("customer_id", nothing, np.zeros(len(valid), dtype=bool))
    has_id = valid.copy()
    if ids.nulls is not None:
        has_id[valid] = ~ids.nulls
    starts, ends = _placed(ids.texts.starts, valid), _placed(ids.texts.ends, valid)
    return texts("customer_id", Texts(starts, ends, ids.texts.data), has_id)


def _placed(values: NDArray[_Item], valid: Bools) -> NDArray[_Item]:
    """Return values in the places of the good rows; zeros in the others."""
    if len(values) == len(valid):
        return values
    found = np.zeros(len(valid), dtype=values.dtype)
    found[valid] = values
    return found


def _errors(bad: Sequence[RowErrors], rows: int) -> Written:
    said: list[str | None] = [None] * rows
    for row, errors in bad:
        said[row] = "; ".join(f"{error.field} {error.detail}".strip() for error in errors)
    found = ids_of(said)
    valid = np.zeros(rows, dtype=bool) if not bad else None
    if bad and found.nulls is not None:
        valid = ~found.nulls
    return texts("error", found.texts, valid)
