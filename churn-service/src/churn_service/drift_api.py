"""Route of the watch: what the service knows about the drift of its model."""

from collections.abc import Callable

import msgspec
from flask import Flask, Response

from churn_service.envelopes.json import MEDIA_TYPE
from churn_service.monitoring.watch import ModelWatch, Watched
from churn_service.predictor import Predictor


class DriftRoutes:
    """Tell how the served customers compare with those of training.

    Args:
        take: Gives the predictor for the request at hand.
        watch: Judges the served customers.
    """

    def __init__(self, take: Callable[[], Predictor], watch: ModelWatch) -> None:
        self._take = take
        self._watch = watch

    def drift(self) -> Response:
        """Answer with the last verdict, the window so far and the counts."""
        facts = self._watch.facts(watched(self._take()))
        return Response(msgspec.json.encode(facts), content_type=MEDIA_TYPE)

    def register(self, app: Flask) -> None:
        """Add the route to an app."""
        app.add_url_rule("/models/champion/drift", view_func=self.drift)


def watched(predictor: Predictor) -> Watched:
    """Return what the watch needs to know of a predictor."""
    return Watched(predictor.version, predictor.document)
