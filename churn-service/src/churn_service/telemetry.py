"""Telemetry: what was asked and answered, as counters, times and events; no values."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer
from churn_service.monitoring.windows import DriftMonitor
from churn_service.predictor import Predictor
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.problems import ServiceError


class PredictionTelemetry:
    """Counts predictions and times their phases: decode, score, encode.

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
        self._seconds = metrics.histogram(
            "churn_prediction_seconds", "Time in one phase of a request.", ["phase"]
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

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time one phase; a refusal in it becomes the event `prediction.refused`."""
        started = self._clock()
        try:
            yield
        except ServiceError as error:
            fields = sorted({item.field for item in error.errors})
            self._log.event(
                "prediction.refused", phase=name, problem=error.type, wrong_fields=len(fields)
            )
            raise
        finally:
            self._seconds.labels(name).observe(self._clock() - started)

    def served(
        self,
        predictor: Predictor,
        customers: Sequence[Customer],
        predictions: Sequence[Prediction],
    ) -> None:
        """Count what was scored: by decision, odd values by field, all by bin."""
        model_version = predictor.version
        churning = sum(prediction.churn for prediction in predictions)
        self._predictions.labels(model_version, "churn").inc(churning)
        self._predictions.labels(model_version, "stay").inc(len(predictions) - churning)
        self._count_odd_values(predictor.schema, customers)
        self._monitor.served(model_version, predictor.document.reference, customers, predictions)
        self._log.event(
            "prediction.served",
            model_version=model_version,
            rows=len(predictions),
            churning=churning,
        )

    def _count_odd_values(self, schema: CustomerSchema, customers: Sequence[Customer]) -> None:
        for index, field in enumerate(schema.features):
            if field.nullable:
                missing = sum(customer.values[index] is None for customer in customers)
                self._missing.labels(field.name).inc(missing)
            if field.unknown == "other" and field.kind != "number":
                self._unseen.labels(field.name).inc(_unseen(field, index, customers))


def _unseen(field: Field, index: int, customers: Sequence[Customer]) -> int:
    known = {None, *field.levels}
    return sum(customer.values[index] not in known for customer in customers)
