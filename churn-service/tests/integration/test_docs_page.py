"""The page at /docs: every operation, readable without a script, and a form to try each."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from churn_contract.schema import CustomerSchema, Field
from churn_service.web.docs_view import _row, marked, operations_by_tag, shapes


class Page(HTMLParser):
    """The ids, links, labels and fields of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, name: str, *tags: str) -> list[str]:
        return [
            attrs[name] or ""
            for tag, attrs in self.tags
            if name in attrs and (not tags or tag in tags)
        ]


@pytest.fixture
def text(client: FlaskClient) -> str:
    return client.get("/docs").text


@pytest.fixture
def described(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


def test_every_operation_and_every_used_shape_is_shown(
    text: str, described: dict[str, Any]
) -> None:
    ids = Page(text).values("id")
    for methods in described["paths"].values():
        for operation in methods.values():
            assert operation["operationId"] in ids
    shown = [name for name in ids if name.startswith("shape-")]
    assert "shape-Customer" in shown
    assert "shape-Outcome" not in shown


def test_links_lead_to_what_is_there_and_ids_are_unique(text: str) -> None:
    page = Page(text)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    inside = {link[1:] for link in page.values("href", "a") if link.startswith("#")}
    assert inside <= set(ids)
    assert set(page.values("for")) <= set(ids)


def test_every_field_has_a_label(text: str) -> None:
    page = Page(text)
    labelled = set(page.values("for"))
    assert set(page.values("id", "input", "select", "textarea")) <= labelled


def test_the_policy_holds_nothing_inline(client: FlaskClient, text: str) -> None:
    assert "default-src 'self'" in client.get("/docs").headers["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)", text)
    sources = Page(text).values("src")
    assert sources == ["/docs/static/docs.js"]


@pytest.mark.parametrize("name", ["docs.css", "docs.js"])
def test_style_and_script_are_served_from_here(client: FlaskClient, name: str) -> None:
    with client.get(f"/docs/static/{name}") as answer:
        assert answer.status_code == 200
        assert "http:" not in answer.text
        assert "https:" not in answer.text


def test_forms_are_hidden_until_the_script_works(text: str) -> None:
    forms = [attrs for tag, attrs in Page(text).tags if tag == "form"]
    assert forms
    assert all("hidden" in attrs and "data-needs-script" in attrs for attrs in forms)
    paths = {attrs["data-path"] for attrs in forms}
    assert "/predict" in paths
    assert "/health/live" not in paths


def test_levels_limits_and_units_of_the_live_model_are_shown(
    publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]
) -> None:
    levels = tuple(f"club-{number}" for number in range(30))
    schema = CustomerSchema(
        name="gym",
        fields=(
            Field(name="fee", kind="number", minimum=0, maximum=99, highest=60, unit="EUR"),
            Field(name="club", kind="category", levels=levels, nullable=True),
        ),
    )
    publisher.publish(make_document(schema))
    gym = make_service(publisher.root)
    gym.registry.refresh()
    text = gym.client.get("/docs").text
    assert "number, 0 to 99 EUR" in text
    assert "<code>club-11</code>" in text
    assert "<code>club-12</code>" not in text
    assert "and 19 more" in text


def test_a_document_becomes_headings_in_its_order(described: dict[str, Any]) -> None:
    tags = [tag for tag, _ in operations_by_tag(described)]
    assert tags == [tag["name"] for tag in described["tags"]]
    assert shapes(described)[0].name == "Customer"


@pytest.mark.parametrize(
    ("schema", "kind", "link"),
    [
        ({}, "anything", ""),
        ({"type": ["string", "null"]}, "string or null", ""),
        ({"type": "array"}, "array of anything", ""),
        ({"type": "array", "items": {"$ref": "#/components/schemas/A"}}, "array of A", "A"),
        (
            {"prefixItems": [{"type": "number"}, {}], "items": False},
            "array of number, anything",
            "",
        ),
        ({"oneOf": [{"type": "number"}, {"$ref": "#/x/B"}]}, "number or B", "B"),
        ({"allOf": [{"$ref": "#/x/B"}, {"type": "object"}]}, "B with object", "B"),
        ({"type": "number", "minimum": 0, "maximum": 9}, "number, 0 to 9", ""),
    ],
)
def test_a_schema_is_said_in_words(schema: dict[str, Any], kind: str, link: str) -> None:
    row = _row("x", schema, required=False)
    assert (row.kind, row.link) == (kind, link)


def test_choices_are_shown_once_however_many_spellings_they_have() -> None:
    row = _row("sauna", {"enum": ["0", "1", 0, 1, False, True, None]}, required=True)
    assert (row.kind, row.choices) == ("one of", ("0", "1", "null"))
    numbers = _row("size", {"enum": [1, 2]}, required=True)
    assert numbers.choices == ("1", "2")


def test_descriptions_are_escaped_but_for_code() -> None:
    assert marked("<b> `a<b`") == "&lt;b&gt; <code>a&lt;b</code>"


def test_without_a_model_the_page_says_why(
    tmp_path: Path, make_service: Callable[..., Any]
) -> None:
    answer = make_service(tmp_path).client.get("/docs")
    assert (answer.status_code, answer.mimetype) == (503, "text/html")


def test_examples_are_shown_as_they_are_sent(text: str, described: dict[str, Any]) -> None:
    content = described["paths"]["/predict"]["post"]["requestBody"]["content"]
    value = content["application/json"]["examples"]["one"]["value"]
    first = json.dumps(value, indent=2).splitlines()[1].strip()
    assert first.replace('"', "&#34;") in text
