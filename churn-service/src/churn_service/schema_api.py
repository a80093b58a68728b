"""Routes that tell what is being served: the schema and the champion's facts."""

from collections.abc import Callable

import msgspec
from flask import Flask, Response

from churn_contract.headers import MODEL_VERSION
from churn_service.envelopes.json import MEDIA_TYPE
from churn_service.predictor import Predictor

TakePredictor = Callable[[], Predictor]


class ModelRoutes:
    """Tell what is being served.

    Args:
        take: Gives the predictor for the request at hand.
        facts: Describes the model in charge, its `version` among other things.
    """

    def __init__(self, take: TakePredictor, facts: Callable[[], dict[str, object]]) -> None:
        self._take = take
        self._facts = facts

    def schema(self) -> Response:
        """Answer with the customer schema of the model in charge."""
        return Response(self._take().schema.to_json(), content_type=MEDIA_TYPE)

    def champion(self) -> Response:
        """Answer with the facts of the model in charge."""
        facts = self._facts()
        response = Response(msgspec.json.encode(facts), content_type=MEDIA_TYPE)
        response.headers[MODEL_VERSION] = str(facts["version"])
        return response

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/schema", view_func=self.schema)
        app.add_url_rule("/models/champion", view_func=self.champion)
