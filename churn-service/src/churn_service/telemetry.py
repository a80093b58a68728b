"""Telemetry: what was asked and answered, as counters, times and events; no values."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer
from churn_service.column_customers import ColumnCustomers, ColumnPredictions
from churn_service.monitoring.windows import DriftMonitor
from churn_service.predictor import Predictor
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.problems import ServiceError

SERVED = "prediction.served"
PHASES = ("decode", "validate", "score", "encode")


class PredictionTelemetry:
    """Counts predictions and times their phases: decode, validate, score, encode.

    A form that is parsed and checked in one pass, as JSON is, spends it in `validate`;
    `decode` is then the reading and inflating of the body.

    Args:
        metrics: Gets the counters and times.
        log: Gets `prediction.served` and `prediction.refused`.
        monitor: Counts the served customers for the watch over drift.
        clock: Seconds that only differences are taken of.
    """

    def __init__(
        self,
        metrics: Metrics,
        log: EventLog,
        monitor: DriftMonitor,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._monitor = monitor
        self._log = log
        self._clock = clock
        self._watched: tuple[CustomerSchema | None, tuple[tuple[int, Field], ...]] = (None, ())
        self._seconds = metrics.histogram(
            "churn_phase_seconds", "Time in one phase of a request.", ["phase"]
        )
        self._predictions = metrics.counter(
            "churn_predictions_total", "Customers scored.", ["model_version", "decision"]
        )
        self._unseen = metrics.counter(
            "churn_unseen_level_total", "Levels that training never saw.", ["field"]
        )
        self._missing = metrics.counter(
            "churn_missing_total", "Values that were missing.", ["field"]
        )

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Time one phase; a refusal in it becomes the event `prediction.refused`."""
        return _Phase(name, self._clock, self.spent, self._refused)

    def spent(self, phase: str, seconds: Sequence[float]) -> None:
        """Count times that requests were in a phase."""
        self._seconds.labels(phase).observe_all(seconds)

    def served(
        self,
        predictor: Predictor,
        customers: Sequence[Customer],
        predictions: Sequence[Prediction],
    ) -> None:
        """Count and log what was scored for one request."""
        churning = self.count(predictor, customers, predictions)
        self._log.event(
            SERVED, model_version=predictor.version, rows=len(predictions), churning=churning
        )

    def count(
        self,
        predictor: Predictor,
        customers: Sequence[Customer],
        predictions: Sequence[Prediction],
    ) -> int:
        """Count what was scored: by decision, odd values by field, all by bin.

        Returns how many are expected to churn.
        """
        model_version = predictor.version
        churning = (
            predictions.churning()
            if isinstance(predictions, ColumnPredictions)
            else sum(prediction.churn for prediction in predictions)
        )
        if churning:
            self._predictions.labels(model_version, "churn").inc(churning)
        if churning < len(predictions):
            self._predictions.labels(model_version, "stay").inc(len(predictions) - churning)
        self._count_odd_values(predictor.schema, customers)
        self._monitor.served(model_version, predictor.document.reference, customers, predictions)
        return churning

    def _refused(self, phase: str, error: ServiceError) -> None:
        fields = {item.field for item in error.errors}
        self._log.event(
            "prediction.refused", phase=phase, problem=error.type, wrong_fields=len(fields)
        )

    def _fields_to_watch(self, schema: CustomerSchema) -> tuple[tuple[int, Field], ...]:
        """Return the places of fields whose values may be odd; found once per schema."""
        watched = self._watched
        if watched[0] is not schema:
            found = (
                (index, field)
                for index, field in enumerate(schema.features)
                if field.nullable or field.unknown == "other"
            )
            watched = self._watched = (schema, tuple(found))
        return watched[1]

    def _count_odd_values(self, schema: CustomerSchema, customers: Sequence[Customer]) -> None:
        in_columns = customers.odd_values() if isinstance(customers, ColumnCustomers) else None
        for index, field in self._fields_to_watch(schema):
            odd = in_columns[index] if in_columns else None
            if field.nullable:
                missing = odd.missing if odd else _missing(index, customers)
                self._missing.labels(field.name).inc(missing)
            if field.unknown == "other" and field.kind != "number":
                unseen = odd.unseen if odd else _unseen(field, index, customers)
                self._unseen.labels(field.name).inc(unseen)


class _Phase(AbstractContextManager[None]):
    """Times a block; as a class, because a generator costs three times as much."""

    def __init__(
        self,
        name: str,
        clock: Callable[[], float],
        spent: Callable[[str, Sequence[float]], None],
        refused: Callable[[str, ServiceError], None],
    ) -> None:
        self._name = name
        self._clock = clock
        self._spent = spent
        self._refused = refused
        self._started = clock()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Count the time; log a refusal."""
        self._spent(self._name, (self._clock() - self._started,))
        if isinstance(error, ServiceError):
            self._refused(self._name, error)


def _missing(index: int, customers: Sequence[Customer]) -> int:
    return sum(customer.values[index] is None for customer in customers)


def _unseen(field: Field, index: int, customers: Sequence[Customer]) -> int:
    known = {None, *field.levels}
    return sum(customer.values[index] not in known for customer in customers)
