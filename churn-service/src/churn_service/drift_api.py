"""Routes of the watch: drift of the served model, and how well it kept its promises."""

from collections.abc import Callable

import msgspec
from flask import Flask, Response

from churn_service.envelopes.json import MEDIA_TYPE
from churn_service.monitoring.saved import PerformanceRecord
from churn_service.monitoring.watch import ModelWatch, Watched
from churn_service.predictor import Predictor


class DriftRoutes:
    """Tell how the served customers compare with those of training.

    Args:
        take: Gives the predictor for the request at hand.
        watch: Judges the served customers.
        record: What was measured on outcomes.
    """

    def __init__(
        self, take: Callable[[], Predictor], watch: ModelWatch, record: PerformanceRecord
    ) -> None:
        self._take = take
        self._watch = watch
        self._record = record

    def drift(self) -> Response:
        """Answer with the last verdict, the window so far and the counts."""
        return _json(self._watch.facts(watched(self._take())))

    def performance(self) -> Response:
        """Answer with the cohorts whose outcomes are known, and of which day that is."""
        return _json(self._record.facts(self._take().version))

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/models/champion/drift", view_func=self.drift)
        app.add_url_rule("/models/champion/performance", view_func=self.performance)


def watched(predictor: Predictor) -> Watched:
    """Return what the watch needs to know of a predictor."""
    return Watched(predictor.version, predictor.document)


def _json(facts: dict[str, object]) -> Response:
    return Response(msgspec.json.encode(facts), content_type=MEDIA_TYPE)
