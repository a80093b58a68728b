"""What the fast path leaves behind: the counters and log lines of Flask's view, in bulk."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import msgspec

from churn_contract.prediction import Prediction
from churn_service.quick import QuickPredictor
from churn_service.telemetry import PHASES, PredictionTelemetry
from churn_service.telemetry import SERVED as PREDICTION_SERVED
from service_kit.logs import EventLog, rfc3339
from service_kit.request_record import (
    SERVED,
    RequestRecord,
    milliseconds,
    trace_id_of,
    well_formed_id,
)

_SAME_MOMENT = 0.0005  # seconds; log lines tell milliseconds

# request id, and the headers traceparent and X-Key-Id as they came
Asked = tuple[str, str | None, str | None]
# who answered, what was asked, what was said, when each phase began and the last one ended,
# which request it was, and the time of day; a plain tuple, because it is made per request
Answered = tuple[QuickPredictor, Any, Prediction, Sequence[float], Asked, float]


class PredictionLine(msgspec.Struct, omit_defaults=True, gc=False):
    """The log line `prediction.served`; see `service_kit.logs`."""

    ts: str
    level: str
    event: str
    service: str
    version: str
    model_version: str
    rows: int
    churning: int
    request_id: str = ""
    trace_id: str = ""
    key_id: str = ""


class RequestLine(msgspec.Struct, omit_defaults=True, gc=False):
    """The log line `request.served`; see `service_kit.logs`."""

    ts: str
    level: str
    event: str
    service: str
    version: str
    method: str
    route: str
    status: int
    duration_ms: float
    request_id: str = ""
    trace_id: str = ""
    key_id: str = ""


class FastRecord:
    """Counts and logs answers of the fast path, many at a time.

    Args:
        record: Counts requests.
        telemetry: Counts customers and phases.
        log: Gets two lines per request.
        route: The route that was answered.
    """

    def __init__(
        self,
        record: RequestRecord,
        telemetry: PredictionTelemetry,
        log: EventLog,
        route: str,
    ) -> None:
        self._record = record
        self._telemetry = telemetry
        self._log = log
        self._route = route

    def write(self, answers: Sequence[Answered]) -> None:
        """Count and log these answers; a fault is logged and harms no request."""
        try:
            self._write(answers)
        except Exception as error:  # noqa: BLE001 - the answers were given, others are to come
            self._log.failure("answers.uncounted", error, requests=len(answers))

    def _write(self, answers: Sequence[Answered]) -> None:
        for quick, group in groupby(answers, key=lambda answered: answered[0]):
            of_one = list(group)
            customers = quick.customers([row for _, row, *_ in of_one])
            predictions = [prediction for _, _, prediction, *_ in of_one]
            self._telemetry.count(quick.predictor, customers, predictions)
        times = [answered[3] for answered in answers]
        for place, phase in enumerate(PHASES):
            self._telemetry.spent(phase, [each[place + 1] - each[place] for each in times])
        self._record.count(self._route, 200, [each[-1] - each[0] for each in times])
        self._log.lines(self._lines(answers))

    def _lines(self, answers: Iterable[Answered]) -> Iterator[PredictionLine | RequestLine]:
        service, version = self._log.origin.values()
        last, text = 0.0, ""
        for _, _, prediction, times, (request_id, traceparent, key_id), moment in answers:
            if moment - last > _SAME_MOMENT:
                last, text = moment, rfc3339(datetime.fromtimestamp(moment, UTC))
            ids = (
                request_id,
                trace_id_of(traceparent) if traceparent else "",
                well_formed_id(key_id) if key_id else "",
            )
            yield PredictionLine(
                text, "info", PREDICTION_SERVED, service, version,
                prediction.model_version, 1, int(prediction.churn), *ids,
            )  # fmt: skip
            yield RequestLine(
                text, "info", SERVED, service, version,
                "POST", self._route, 200, milliseconds(times[-1] - times[0]), *ids,
            )  # fmt: skip
