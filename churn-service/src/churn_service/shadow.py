"""Shadow: score what was answered once more with versions that answer nobody."""

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from churn_contract.prediction import Prediction
from churn_service.artefact.reference import Reference
from churn_service.envelopes.body import CustomerBody
from churn_service.errors import REFUSALS
from churn_service.predictor import Predictor
from service_kit.metrics import Metrics

DISAGREEMENT = 0.05
MOST_WAITING = 256
MOST_ROWS = 1_000


class Answered(NamedTuple):
    """One answer that was given: what was asked and what was said."""

    body: CustomerBody
    predictions: Sequence[Prediction]


class ScoreWatch(Protocol):
    """Who knows the scores of training; the monitoring room."""

    def add(
        self, version: str, reference: Reference | None, scores: Iterable[float]
    ) -> float | None:
        """Count scores and return the PSI of all so far; None while it cannot be told."""
        ...


class ShadowScorer:
    """Counts where the shadow versions disagree; their scores go nowhere else.

    Answers wait in a short queue for a thread of their own, so no caller waits. What
    does not fit, or is too large, is skipped and counted.

    Args:
        shadows: Gives the versions to score with.
        metrics: Gets `churn_shadow_*`.
        scores: Compares the scores with those of training.
    """

    def __init__(
        self, shadows: Callable[[], tuple[Predictor, ...]], metrics: Metrics, scores: ScoreWatch
    ) -> None:
        self._shadows = shadows
        self._waiting: queue.Queue[Answered] = queue.Queue(MOST_WAITING)
        self._rows = metrics.counter(
            "churn_shadow_rows_total", "Customers scored in shadow.", ["model_version"]
        )
        self._disagreements = metrics.counter(
            "churn_shadow_disagreements_total",
            "Customers whose probability moves by more than 0.05, or whose decision changes.",
            ["model_version", "kind"],
        )
        self._scores = scores
        self._psi = metrics.gauge(
            "churn_shadow_score_psi",
            "PSI of the scores in shadow against those of the version's training.",
            ["model_version"],
        )
        self._skipped = metrics.counter(
            "churn_shadow_skipped_total", "Answers not scored in shadow.", ["reason"]
        )

    def start(self) -> None:
        """Begin to score, in a thread that ends with the process."""
        threading.Thread(target=self._run, name="shadow-scorer", daemon=True).start()

    def offer(self, body: CustomerBody, predictions: Sequence[Prediction]) -> None:
        """Take an answer that is about to be sent; returns at once."""
        if not self._shadows():
            return
        if len(predictions) > MOST_ROWS:
            self._skipped.labels("too-large").inc()
            return
        try:
            self._waiting.put_nowait(Answered(body, predictions))
        except queue.Full:
            self._skipped.labels("busy").inc()

    def work_off(self) -> None:
        """Score what waits now, in the caller's thread."""
        while True:
            try:
                answered = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._score(answered)
            self._waiting.task_done()

    def _run(self) -> None:
        while True:
            self._score(self._waiting.get())
            self._waiting.task_done()

    def _score(self, answered: Answered) -> None:
        for predictor in self._shadows():
            try:
                body = answered.body.reread(predictor.validator)
                found = predictor.predict(body.customers)
            except REFUSALS:
                self._skipped.labels("refused").inc()
            except Exception:  # noqa: BLE001 - a shadow that fails must not end the thread
                self._skipped.labels("failed").inc()
            else:
                self._count(predictor.version, answered.predictions, found)
                self._compare_scores(predictor, found)

    def _compare_scores(self, predictor: Predictor, found: Sequence[Prediction]) -> None:
        chances = (prediction.churn_probability for prediction in found)
        psi = self._scores.add(predictor.version, predictor.document.reference, chances)
        if psi is not None:
            self._psi.labels(predictor.version).set(psi)

    def _count(
        self, version: str, given: Sequence[Prediction], found: Sequence[Prediction]
    ) -> None:
        pairs = list(zip(given, found, strict=True))
        moved = sum(abs(a.churn_probability - b.churn_probability) > DISAGREEMENT for a, b in pairs)
        changed = sum(a.churn != b.churn for a, b in pairs)
        self._rows.labels(version).inc(len(pairs))
        self._disagreements.labels(version, "probability").inc(moved)
        self._disagreements.labels(version, "decision").inc(changed)
