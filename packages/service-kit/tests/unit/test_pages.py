"""Pages: vendored styles, strict policy, errors for people."""

import base64
import hashlib
import tomllib
from collections.abc import Callable
from importlib.resources import files

import pytest
from flask import Blueprint, Flask, abort, render_template_string

from service_kit.logs import EventLog
from service_kit.pages import NavLink, install_pages, show_problems_as_pages
from service_kit.problems import ServiceError

STATIC = files("service_kit") / "static"
LOCK = tomllib.loads((STATIC / "assets.lock").read_text())["asset"]
PAGE = "{% extends 'kit/base.html' %}{% block title %}Tea{% endblock %}"


class TeapotError(ServiceError):
    status, type, title = 418, "teapot", "This is a teapot"


def pour() -> str:
    raise TeapotError("<b>Ask for tea.</b>", headers={"Retry-After": "3"})


def crash() -> str:
    raise KeyError("jane")


@pytest.fixture
def shop(app: Flask, log: EventLog) -> Flask:
    install_pages(
        app, static_prefix="/tea/static", product="Shop", navigation=[NavLink("Tea", "/tea")]
    )
    page = Blueprint("page", __name__)
    page.add_url_rule("/tea", view_func=lambda: render_template_string(PAGE), endpoint="tea")
    page.add_url_rule("/tea/pour", view_func=pour)
    page.add_url_rule("/tea/crash", view_func=crash)
    page.add_url_rule("/tea/gone", view_func=lambda: abort(410), endpoint="gone")
    show_problems_as_pages(page, log)
    app.register_blueprint(page)
    return app


@pytest.mark.parametrize("asset", LOCK, ids=lambda asset: asset["file"])
def test_a_vendored_file_is_the_one_in_the_lock(asset: dict[str, str]) -> None:
    content = (STATIC / asset["file"]).read_bytes()
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    assert asset["sha384"] == f"sha384-{digest}"
    assert (STATIC / asset["licence_file"]).read_text().startswith(f"{asset['licence']} License")


def test_a_page_names_product_links_and_styles(shop: Flask) -> None:
    page = shop.test_client().get("/tea").text
    assert "<title>Tea · Shop</title>" in page
    assert '<a href="/tea" aria-current="page">Tea</a>' in page
    assert "/tea/static/pico.min.css" in page


@pytest.mark.parametrize("name", ["pico.min.css", "kit.css"])
def test_styles_are_served_and_may_be_kept(shop: Flask, name: str) -> None:
    with shop.test_client().get(f"/tea/static/{name}") as answer:
        assert answer.mimetype == "text/css"
        assert "max-age=3600" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/tea", "/tea/pour"])
def test_pages_forbid_scripts_frames_and_storage(shop: Flask, path: str) -> None:
    answer = shop.test_client().get(path)
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_an_error_of_a_page_is_a_page_with_its_request_id(shop: Flask) -> None:
    answer = shop.test_client().get("/tea/pour", headers={"X-Request-Id": "r-7"})
    assert (answer.status_code, answer.mimetype) == (418, "text/html")
    assert answer.headers["Retry-After"] == "3"
    assert "This is a teapot" in answer.text
    assert "r-7" in answer.text
    assert "&lt;b&gt;Ask for tea.&lt;/b&gt;" in answer.text


def test_a_crash_of_a_page_tells_nothing_and_is_logged(
    shop: Flask, events: Callable[[], list[dict[str, object]]]
) -> None:
    answer = shop.test_client().get("/tea/crash")
    assert answer.status_code == 500
    assert "jane" not in answer.text
    assert events()[0]["event"] == "request.failed"


def test_an_http_error_of_a_page_is_a_page(shop: Flask) -> None:
    answer = shop.test_client().get("/tea/gone")
    assert (answer.status_code, answer.mimetype) == (410, "text/html")


def test_other_addresses_keep_answering_json(shop: Flask) -> None:
    assert shop.test_client().get("/pour").mimetype == "application/problem+json"
