"""What an answer tells of things that a body held and that were not scored."""

from flask import Response

from churn_service.envelopes.body import Body
from churn_service.envelopes.ignored import IGNORED_FIELDS

INVALID_ROWS = "X-Invalid-Rows"


def tell_left_out(response: Response, body: Body) -> Response:
    """Name ignored fields and, when the caller prefers leniency, count the bad rows."""
    if body.ignored_fields:
        response.headers[IGNORED_FIELDS] = ", ".join(body.ignored_fields)
    if body.is_lenient:
        response.headers["Preference-Applied"] = "handling=lenient"
        response.headers[INVALID_ROWS] = str(len(body.bad))
    return response
