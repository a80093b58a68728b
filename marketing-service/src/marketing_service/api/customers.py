"""`/v1/customers`: look at the customers that were imported."""

from typing import Any

from flask import Blueprint, Response

from marketing_service.api.answers import json_answer, rfc3339
from marketing_service.api.questions import row_limit, whole_number
from marketing_service.store import customers, scores
from marketing_service.store.customers import Customer
from marketing_service.store.engine import Database


class CustomerRoutes:
    """Translate HTTP to customers and back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def blueprint(self) -> Blueprint:
        """Name the addresses."""
        routes = Blueprint("customers", __name__)
        routes.get("/v1/customers")(self.page)
        routes.get("/v1/customers/<path:customer_id>")(self.get)
        return routes

    def page(self) -> Response:
        """List customers in the order of their import."""
        limit = row_limit(100)
        with self._database.read() as conn:
            found = customers.page(conn, after=whole_number("after", 0), limit=limit)
        last = found[-1].id if len(found) == limit else None
        return json_answer({"customers": [customer_view(item) for item in found], "next": last})

    def get(self, customer_id: str) -> Response:
        """Show one customer with the newest score."""
        with self._database.read() as conn:
            customer = customers.get(conn, customer_id)
            score = scores.latest(conn, customer.id)
        shown = (
            None
            if score is None
            else {
                "churn_probability": score.p,
                "model_version": score.model_version,
                "scored_at": rfc3339(score.scored_at),
            }
        )
        return json_answer(customer_view(customer) | {"score": shown})


def customer_view(customer: Customer) -> dict[str, Any]:
    """Shape a customer for callers."""
    return {
        "customer_id": customer.external_id,
        "email": customer.email,
        "attributes": customer.attrs,
        "updated_at": rfc3339(customer.updated_at),
    }
