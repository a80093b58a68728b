"""What the routes of other protocols have in common: read records, score, write."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from flask import Response

from churn_contract.schema import CustomerSchema
from churn_contract.validation import Validator
from churn_service.current_model import CurrentModel
from churn_service.envelopes.body import CheckedRecords
from churn_service.errors import REFUSALS, refusal_of
from churn_service.scoring import Scored, Scoring
from churn_service.telemetry import PredictionTelemetry


class Asked(Protocol):
    """A body of any protocol, once read."""

    @property
    def records(self) -> Sequence[object]:
        """One mapping per customer, or what stands in its place."""
        ...

    @property
    def is_text(self) -> bool:
        """Whether the values are cells of a file."""
        ...


AskedT = TypeVar("AskedT", bound=Asked)


class RecordScoring:
    """Score the records of a request, all with one version.

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
        read: Callable[[CustomerSchema], AskedT],
        write: Callable[[AskedT, Scored], Response],
        *,
        version: str | None = None,
    ) -> Response:
        """Answer the request at hand.

        Args:
            read: Reads the body, by the schema of the version that is asked.
            write: Writes the answer.
            version: The version or alias that the path names.

        Raises:
            ServiceError: The version is not loaded, or the body is refused.
        """
        predictor = self._current.take_wanted(version)
        with self._telemetry.phase("decode"):
            asked = read(predictor.schema)
            body = _checked(asked, predictor.validator)
        pinned = version is not None or self._current.is_pinned()
        scored = self._scoring.score(predictor, body, pinned=pinned)
        self._current.speak_of(scored.predictor)
        with self._telemetry.phase("encode"):
            return write(asked, scored)


def _checked(asked: Asked, validator: Validator) -> CheckedRecords:
    try:
        return CheckedRecords.read(asked.records, validator, text=asked.is_text)
    except REFUSALS as error:
        raise refusal_of(error) from error
