"""What the routes of other protocols have in common: read records, score, write."""

from collections.abc import Callable
from typing import TypeVar

from flask import Response

from churn_contract.validation import Validator
from churn_service.current_model import CurrentModel
from churn_service.envelopes.body import Body
from churn_service.envelopes.left_out import tell_left_out
from churn_service.scoring import Scored, Scoring
from churn_service.telemetry import PredictionTelemetry

Asked = TypeVar("Asked")


class RecordScoring:
    """Score the customers of a request, all with one version.

    Args:
        current: Gives the version for the request at hand.
        telemetry: Times reading and writing.
        scoring: Scores what was read.
    """

    def __init__(
        self, current: CurrentModel, telemetry: PredictionTelemetry, scoring: Scoring
    ) -> None:
        self._current = current
        self._telemetry = telemetry
        self._scoring = scoring

    def answer(
        self,
        read: Callable[[Validator], tuple[Asked, Body]],
        write: Callable[[Asked, Scored], Response],
        *,
        version: str | None = None,
    ) -> Response:
        """Answer the request at hand.

        Args:
            read: Reads the body by the validator of the version that is asked; returns
                what the answer must know of it, and the customers.
            write: Writes the answer.
            version: The version or alias that the path names.

        Raises:
            ServiceError: The version is not loaded, or the body is refused.
        """
        predictor = self._current.take_wanted(version)
        with self._telemetry.phase("validate"):
            asked, body = read(predictor.validator)
        pinned = version is not None or self._current.is_pinned()
        scored = self._scoring.score(predictor, body, pinned=pinned)
        self._current.speak_of(scored.predictor)
        with self._telemetry.phase("encode"):
            response = write(asked, scored)
        return tell_left_out(response, body)
