"""The page at `/docs`: every operation with its shapes, examples, and a form to try it."""

from collections.abc import Callable

from flask import Blueprint, Flask, Response, make_response, render_template

from churn_service.openapi_api import Description
from churn_service.web.commands import public_address
from churn_service.web.docs_view import marked, operations_by_tag, shapes
from service_kit.logs import EventLog
from service_kit.pages import show_problems_as_pages


class DocsPage:
    """Show the document of `/openapi.json` to people; reading it needs no script.

    Args:
        describe: Gives the description for the request at hand.
        public_url: Address that callers use; empty for the one of the request.
    """

    def __init__(self, describe: Callable[[], Description], public_url: str) -> None:
        self._describe = describe
        self._public_url = public_url

    def show(self) -> Response:
        """Show the page."""
        document = self._describe().document
        page = render_template(
            "docs/page.html",
            info=document["info"],
            tags=operations_by_tag(document),
            shapes=shapes(document),
            address=public_address(self._public_url),
            marked=marked,
        )
        return make_response(page)

    def register(self, app: Flask, log: EventLog) -> None:
        """Add the page to an app, with its style and script."""
        pages = Blueprint(
            "docs",
            "churn_service.web",
            template_folder="templates",
            static_folder="static",
            static_url_path="/docs/static",
        )
        pages.add_url_rule("/docs", view_func=self.show)
        show_problems_as_pages(pages, log)
        app.register_blueprint(pages)
