"""Arrow streams that are written piece by piece."""

import numpy as np

from churn_service.columnar.arrow_envelope import ArrowEnvelope
from churn_service.columnar.block import Scores
from churn_service.columnar.predictions import ScoredColumns
from churn_service.envelopes.long_answers import LongAnswer
from churn_service.predictor import Predictor


def arrow_answer(predictor: Predictor) -> LongAnswer:
    """Return a long answer as one stream, a batch per piece."""
    nothing = np.empty(0)
    ends = nothing if predictor.document.interval else None
    scores = Scores(nothing, nothing.astype(bool), ends, ends)
    nobody = ScoredColumns(predictor.version, predictor.document, scores, None)
    return LongAnswer(ArrowEnvelope(), nobody)
