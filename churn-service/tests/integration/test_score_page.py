"""The form at /score: from the schema, without JavaScript, errors beside the fields."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from churn_contract.forms import form_fields
from churn_contract.prediction import Prediction, Reason
from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.interval import IntervalTable
from churn_service.web.score import verdict_of

Record = dict[str, Any]


class Page(HTMLParser):
    """The tags of a page, to ask for by name and attribute."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [
            attrs
            for name, attrs in self.tags
            if name == tag and all(attrs.get(key.rstrip("_")) == wanted[key] for key in wanted)
        ]

    def inputs(self) -> dict[str, dict[str, str | None]]:
        found = self.all("input") + self.all("select")
        return {str(attrs["name"]): attrs for attrs in found}


@pytest.fixture
def sent(customer: Record) -> dict[str, str]:
    return {name: str(value) for name, value in customer.items() if name != "customerid"}


def test_there_is_one_labelled_input_per_feature(
    client: FlaskClient, schema: CustomerSchema
) -> None:
    page = Page(client.get("/score").text)
    assert list(page.inputs())
    assert set(page.inputs()) == {f.name for f in schema.features}
    assert {attrs["for"] for attrs in page.all("label")} == {
        f"field-{field.name}" for field in schema.features
    }


def test_choices_limits_and_units_come_from_the_schema(client: FlaskClient) -> None:
    text = client.get("/score").text
    page = Page(text)
    tenure = page.inputs()["tenure"]
    assert (tenure["min"], tenure["max"], tenure["step"]) == ("0", "792", "any")
    assert "in months" in text
    assert "Electronic check" in text
    assert page.all("option", value="month-to-month")


def test_ranges_and_what_is_required_are_told(client: FlaskClient, schema: CustomerSchema) -> None:
    text = client.get("/score").text
    page = Page(text)
    assert "0 to 792; usual are 0 to 72." in text
    assert page.inputs()["tenure"]["aria-describedby"] == "help-tenure"
    required = sum(not field.accepts_missing for field in schema.features)
    assert text.count('class="required" aria-hidden="true"') == required


def test_the_result_shows_threshold_and_interval_as_a_scale(
    client: FlaskClient, sent: dict[str, str]
) -> None:
    text = client.post("/score", data=sent).text
    assert 'aria-label="Threshold at 50 %"' in text
    assert 'class="band"' not in text


def test_levels_are_suggested_where_others_are_taken(
    publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]
) -> None:
    town = Field(name="town", kind="category", levels=("ely", "rye"), unknown="other")
    publisher.publish(make_document(CustomerSchema(name="gym", fields=(town,))))
    gym = make_service(publisher.root)
    gym.registry.refresh()
    page = Page(gym.client.post("/score", data={"town": "York"}).text)
    assert page.inputs()["town"]["value"] == "York"
    assert page.inputs()["town"]["list"] == "list-town"
    assert page.all("datalist", id="list-town")


def test_what_the_form_shows_first_can_be_scored(
    client: FlaskClient, schema: CustomerSchema
) -> None:
    examples = {field.name: field.example for field in form_fields(schema)}
    page = Page(client.get("/score").text)
    shown = {name: attrs.get("value") for name, attrs in page.inputs().items() if "value" in attrs}
    assert shown.items() <= examples.items()
    assert client.post("/score", data=examples).status_code == 200


def test_a_customer_gets_probability_decision_and_reasons(
    client: FlaskClient, customer: Record, sent: dict[str, str]
) -> None:
    prediction = client.post("/predict", json=customer).get_json()
    answer = client.post("/score", data=sent)
    percent = round(100 * prediction["churn_probability"])
    assert answer.status_code == 200
    assert f'<p class="figure">{percent}&nbsp;%</p>' in answer.text
    words = "Likely to leave" if prediction["churn"] else "Likely to stay"
    assert words in answer.text
    assert f"about {percent} leave" in answer.text
    assert "within 30 days" in answer.text
    bars = Page(answer.text).all("progress")
    assert bars[0]["value"] == str(percent)
    assert len(bars) == 6
    assert re.search(r"which (raises|lowers) the risk", answer.text)


def test_the_form_keeps_what_was_entered(client: FlaskClient, sent: dict[str, str]) -> None:
    page = Page(client.post("/score", data=sent).text)
    assert page.inputs()["tenure"]["value"] == "1"
    assert "selected" in page.all("option", value="electronic_check")[0]


def test_errors_stand_beside_their_fields(client: FlaskClient, sent: dict[str, str]) -> None:
    answer = client.post("/score", data=sent | {"tenure": "ten", "contract": "weekly"})
    page = Page(answer.text)
    tenure = page.inputs()["tenure"]
    assert answer.status_code == 422
    assert tenure["aria-invalid"] == "true"
    assert "error-tenure" in str(tenure["aria-describedby"])
    assert tenure["value"] == "ten"
    assert page.all("small", id="error-contract")
    assert page.all("a", href="#field-tenure")
    assert "2 fields need another look" in answer.text
    assert not page.all("progress")


def test_a_field_that_is_not_in_the_form_is_named(
    client: FlaskClient, sent: dict[str, str]
) -> None:
    answer = client.post("/score", data=sent | {"<b>shoe": "44"})
    assert answer.status_code == 422
    assert "<code>&lt;b&gt;shoe</code>" in answer.text
    assert "1 field needs another look" in answer.text


def test_what_was_entered_is_escaped(client: FlaskClient, sent: dict[str, str]) -> None:
    answer = client.post("/score", data=sent | {"tenure": '"><script>x</script>'})
    assert "<script" not in answer.text


def test_an_optional_field_may_stay_empty(client: FlaskClient, sent: dict[str, str]) -> None:
    assert client.post("/score", data=sent | {"totalcharges": ""}).status_code == 200
    assert "(may stay empty)" in client.get("/score").text


def test_a_field_that_may_be_unknown_offers_that(
    publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]
) -> None:
    schema = CustomerSchema(
        name="gym",
        fields=(
            Field(name="plan", kind="category", levels=("day", "all_day"), nullable=True),
            Field(name="visits", kind="number", minimum=0, maximum=1e6, lowest=0, highest=31),
        ),
    )
    publisher.publish(make_document(schema))
    gym = make_service(publisher.root)
    gym.registry.refresh()
    page = Page(gym.client.get("/score").text)
    assert list(page.inputs()) == ["visits", "plan"]
    assert page.inputs()["visits"]["max"] == "1000000"
    assert page.all("option", value="")
    answer = gym.client.post("/score", data={"plan": "", "visits": "3"})
    assert answer.status_code == 200
    assert "Plan is not given" in answer.text


@pytest.mark.parametrize("kind", ["get", "post", "bad"])
def test_pages_need_no_script_and_no_inline_style(
    client: FlaskClient, sent: dict[str, str], kind: str
) -> None:
    sent = sent | {"tenure": "ten"} if kind == "bad" else sent
    answer = client.get("/score") if kind == "get" else client.post("/score", data=sent)
    assert answer.mimetype == "text/html"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)


def test_ids_of_a_page_are_unique_and_references_exist(
    client: FlaskClient, sent: dict[str, str]
) -> None:
    page = Page(client.post("/score", data=sent | {"tenure": "ten"}).text)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = [attrs.get(key) or "" for _, attrs in page.tags for key in ("aria-describedby", "for")]
    assert {word for text in named for word in text.split()} <= set(ids)


def test_scores_of_the_form_are_counted(
    client: FlaskClient, sent: dict[str, str], service: Any
) -> None:
    client.post("/score", data=sent)
    assert service.events("prediction.served")[0]["rows"] == 1
    assert "electronic" not in service.stream.getvalue()


def test_a_json_body_is_told_about_its_missing_fields(client: FlaskClient) -> None:
    assert client.post("/score", json={"tenure": 1}).status_code == 422


def test_a_large_form_is_413_as_a_page(client: FlaskClient) -> None:
    answer = client.post("/score", data={"tenure": "1" * 200_000})
    assert (answer.status_code, answer.mimetype) == (413, "text/html")


def test_without_a_model_the_page_says_why(
    tmp_path: Path, make_service: Callable[..., Any]
) -> None:
    empty = make_service(tmp_path)
    empty.registry.refresh()
    answer = empty.client.get("/score")
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "No model is being served" in answer.text
    assert "train or promote one" in answer.text


def test_styles_are_served(client: FlaskClient) -> None:
    for attrs in Page(client.get("/score").text).all("link", rel="stylesheet"):
        with client.get(str(attrs["href"])) as answer:
            assert answer.mimetype == "text/css"


def test_a_probability_says_how_sure_it_is_where_the_model_knows(
    publisher: Any,
    make_service: Callable[..., Any],
    document: ModelDocument,
    sent: dict[str, str],
    client: FlaskClient,
) -> None:
    table = IntervalTable(level=0.95, edges=(), lower=(-0.2,), upper=(0.3,))
    publisher.publish(msgspec.structs.replace(document, interval=table))
    sure = make_service(publisher.root)
    sure.registry.refresh()
    text = sure.client.post("/score", data=sent).text.replace("&nbsp;", " ")
    assert re.search(r"about \d+ leave, with 95 % certainty \d+ to \d+\.", text)
    assert "certainty" not in client.post("/score", data=sent).text


def test_a_customer_without_reasons_is_the_average_one() -> None:
    verdict = verdict_of(Prediction(0.25, churn=False, model_version="v", threshold=0.5))
    assert (verdict.percent, verdict.headline, verdict.reasons) == (25, "Likely to stay", ())


def test_bars_are_relative_to_the_strongest_reason() -> None:
    reasons = (Reason("a", 1.0, -2.0, "a"), Reason("b", 1.0, 0.5, "b"))
    verdict = verdict_of(
        Prediction(0.7, churn=True, model_version="v", threshold=0.5, reasons=reasons)
    )
    assert [length for _, length in verdict.reasons] == [1.0, 0.25]
