"""The form at `/score`: one input per field of the schema, an answer with its reasons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, make_response, render_template

from churn_contract.errors import InvalidCustomersError
from churn_contract.prediction import Prediction, Reason
from churn_service.predictor import Predictor
from churn_service.telemetry import PredictionTelemetry
from churn_service.web.commands import KEY_VARIABLE, commands_for, public_address, record_of
from churn_service.web.customer_form import example_values, form_context, sent_values
from service_kit.logs import EventLog
from service_kit.pages import show_problems_as_pages

TOP_REASONS = 5


@dataclass(frozen=True)
class Verdict:
    """A prediction in words and bars.

    Attributes:
        percent: The probability as a whole number of percent.
        headline: The decision in words.
        reasons: Each reason with the length of its bar, 0 to 1.
        interval: Of 100 like this, how many leave at least and at most; None
            when the model has no intervals.
    """

    percent: int
    headline: str
    reasons: tuple[tuple[Reason, float], ...]
    interval: tuple[int, int] | None


class ScorePage:
    """Show the form, score what it sends, put errors beside their fields.

    Args:
        take: Gives the predictor for the request at hand.
        telemetry: Counts what was scored.
        public_url: Address that callers use; empty for the one of the request.
    """

    def __init__(
        self, take: Callable[[], Predictor], telemetry: PredictionTelemetry, public_url: str
    ) -> None:
        self._take = take
        self._telemetry = telemetry
        self._public_url = public_url

    def show(self) -> Response:
        """Show the form, filled with an ordinary customer."""
        predictor = self._take()
        return _page(predictor, example_values(predictor.schema))

    def score(self) -> Response:
        """Score the customer of the form."""
        predictor = self._take()
        sent = sent_values()
        try:
            customer = predictor.validator.check_text(sent)
        except InvalidCustomersError as error:
            return _page(predictor, sent, error=error, status=422)
        prediction = predictor.explain(customer, TOP_REASONS)
        self._telemetry.served(predictor, [customer], [prediction])
        address = f"{public_address(self._public_url)}/predict"
        commands = commands_for(address, record_of(predictor.schema, customer))
        verdict = verdict_of(prediction)
        return _page(predictor, sent, verdict=verdict, commands=commands)

    def register(self, app: Flask, log: EventLog) -> None:
        """Add the page to an app; its errors become pages too."""
        pages = Blueprint("score", "churn_service.web", template_folder="templates")
        pages.add_url_rule("/score", view_func=self.show)
        pages.add_url_rule("/score", view_func=self.score, methods=["POST"])
        show_problems_as_pages(pages, log)
        app.register_blueprint(pages)


def verdict_of(prediction: Prediction) -> Verdict:
    """Put a prediction with reasons into words and bars."""
    longest = max((abs(reason.contribution) for reason in prediction.reasons), default=1.0)
    return Verdict(
        percent=round(100 * prediction.churn_probability),
        headline="Likely to leave" if prediction.churn else "Likely to stay",
        reasons=tuple(
            (reason, round(abs(reason.contribution) / longest, 3)) for reason in prediction.reasons
        ),
        interval=_of_100(prediction.interval) if prediction.interval else None,
    )


def _of_100(interval: tuple[float, float]) -> tuple[int, int]:
    low, high = interval
    return round(100 * low), round(100 * high)


def _page(
    predictor: Predictor,
    values: Mapping[str, str],
    *,
    error: InvalidCustomersError | None = None,
    status: int = 200,
    **found: Any,
) -> Response:
    table = predictor.document.interval
    page = render_template(
        "score/form.html",
        **form_context(predictor.schema, values, error),
        threshold_percent=round(100 * predictor.threshold),
        horizon_days=predictor.document.horizon_days,
        model_version=predictor.version,
        certainty_percent=round(100 * table.level) if table else None,
        key_variable=KEY_VARIABLE,
        **found,
    )
    return make_response(page, status)
