"""Pages: a base template with vendored styles, a strict content policy, and error pages."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import Blueprint, Flask, Response, make_response, render_template

from service_kit.logs import EventLog
from service_kit.problems import headers_of, log_unexpected, problem_of

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # not "no-referrer": that would turn the Origin of our own forms into "null"
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class NavLink(NamedTuple):
    """One entry of the navigation: the words and the address."""

    label: str
    href: str


def install_pages(
    app: Flask,
    *,
    static_prefix: str,
    product: str,
    navigation: Sequence[NavLink] = (),
) -> None:
    """Serve the styles below `static_prefix` and give templates `kit/base.html`.

    Args:
        app: The app that renders pages.
        static_prefix: Path of the style sheets, as `/score/static`.
        product: Name shown in the head of every page.
        navigation: Links shown in the head of every page.
    """
    kit = Blueprint(
        "kit",
        "service_kit.pages",
        template_folder="templates",
        static_folder="static",
        static_url_path=static_prefix,
    )
    app.register_blueprint(kit)
    app.context_processor(lambda: {"product": product, "navigation": navigation})
    app.after_request(_protect_page)


def show_problems_as_pages(blueprint: Blueprint, log: EventLog) -> None:
    """Make errors of the views of a blueprint pages for people instead of JSON."""

    def answer(error: Exception) -> Response:
        log_unexpected(log, error)
        problem = problem_of(error)
        page = render_template("kit/problem.html", problem=problem)
        return make_response(page, problem.status, headers_of(error))

    blueprint.register_error_handler(Exception, answer)


def _protect_page(response: Response) -> Response:
    if response.mimetype == "text/html":
        for name, value in _PAGE_HEADERS.items():
            response.headers.setdefault(name, value)
    return response
