"""The page at `/what-if`: one customer, and the probability were one field another."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask, Response, make_response, render_template, request

from churn_contract.errors import InvalidCustomersError
from churn_contract.schema import CustomerSchema, Field
from churn_service.predictor import Predictor
from churn_service.web.commands import KEY_VARIABLE, commands_for, public_address, record_of
from churn_service.web.customer_form import ASKED, example_values, form_context, sent_values
from churn_service.web.what_if_view import views_of
from churn_service.what_if import NOTE, actionable_fields, what_if
from service_kit.logs import EventLog
from service_kit.pages import show_problems_as_pages

ALL, ACTIONABLE = "every", "actionable"


class WhatIfPage:
    """Show the form, then what other values of single fields would mean.

    What is asked here are questions, not customers: nothing of it is counted.

    Args:
        take: Gives the predictor for the request at hand.
        public_url: Address that callers use; empty for the one of the request.
    """

    def __init__(self, take: Callable[[], Predictor], public_url: str) -> None:
        self._take = take
        self._public_url = public_url

    def show(self) -> Response:
        """Show the form, filled with an ordinary customer."""
        predictor = self._take()
        return _page(predictor, example_values(predictor.schema))

    def ask(self) -> Response:
        """Answer for the customer of the form."""
        predictor = self._take()
        sent = sent_values()
        try:
            customer = predictor.validator.check_text(sent)
        except InvalidCustomersError as error:
            return _page(predictor, sent, error=error, status=422)
        found = what_if(predictor, customer, _asked_fields(predictor.schema))
        address = f"{public_address(self._public_url)}/explain"
        return _page(
            predictor,
            sent,
            views=views_of(predictor.schema, found),
            here=predictor.predict([customer])[0].churn_probability,
            commands=commands_for(address, record_of(predictor.schema, customer)),
        )

    def register(self, app: Flask, log: EventLog) -> None:
        """Add the page to an app; its errors become pages too."""
        pages = Blueprint("what_if", "churn_service.web", template_folder="templates")
        pages.add_url_rule("/what-if", view_func=self.show)
        pages.add_url_rule("/what-if", view_func=self.ask, methods=["POST"])
        show_problems_as_pages(pages, log)
        app.register_blueprint(pages)


def _asked_fields(schema: CustomerSchema) -> Sequence[Field]:
    """Return the fields that the form asks about; the actionable ones unless it says more."""
    asked = request.form.get(ASKED, ACTIONABLE)
    if asked == ALL:
        return schema.features
    named = [field for field in schema.features if field.name == asked]
    return named or actionable_fields(schema.features)


def _page(
    predictor: Predictor,
    values: Mapping[str, str],
    *,
    error: InvalidCustomersError | None = None,
    status: int = 200,
    **found: Any,
) -> Response:
    page = render_template(
        "what_if/page.html",
        **form_context(predictor.schema, values, error),
        asked=request.form.get(ASKED, ACTIONABLE),
        asked_name=ASKED,
        actionable=[field.name for field in actionable_fields(predictor.schema.features)],
        note=NOTE,
        threshold=predictor.threshold,
        horizon_days=predictor.document.horizon_days,
        model_version=predictor.version,
        key_variable=KEY_VARIABLE,
        **found,
    )
    return make_response(page, status)
