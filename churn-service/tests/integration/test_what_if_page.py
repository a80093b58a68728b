"""The page at /what-if: one customer, one field at a time, no script."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from churn_contract.forms import form_fields
from churn_contract.schema import CustomerSchema, Field
from churn_service.web.what_if_view import views_of
from churn_service.what_if import Alternative, FieldWhatIf

GYM = CustomerSchema(
    name="gym",
    fields=(
        Field(
            name="fee", kind="number", minimum=0, maximum=99, lowest=10, highest=50, unit="EUR",
            nullable=True, actionable=True,
        ),
        Field(name="plan", kind="category", levels=("day", "month", "year"), actionable=True),
        Field(name="town", kind="category", levels=("ely", "rye"), unknown="other"),
    ),
)  # fmt: skip
MEMBER = {"fee": "20", "plan": "month", "town": "york"}


@pytest.fixture
def gym(publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]) -> Any:
    publisher.publish(make_document(GYM))
    running = make_service(publisher.root)
    running.registry.refresh()
    return running


def cards(text: str) -> list[str]:
    return re.findall(r'<h2 id="what-if-([^"]+)"', text)


def test_it_begins_with_an_ordinary_customer_and_answers_nothing(gym: Any) -> None:
    answer = gym.client.get("/what-if")
    assert answer.status_code == 200
    assert 'value="30"' in answer.text
    assert "the fields that you can change (2)" in answer.text
    assert not cards(answer.text)


def test_what_can_be_changed_is_asked_about_as_association(gym: Any) -> None:
    text = gym.client.post("/what-if", data=MEMBER).text
    assert cards(text) == ["fee", "plan"]
    assert "Associations in the data of training, not effects" in text
    assert text.count("<polyline") == 1
    assert re.search(r"Lowest with \w+", text)
    assert '<th scope="row">Year</th>' in text


def test_the_numbers_are_those_of_the_explanation(gym: Any) -> None:
    body = {"fee": 20, "plan": "month", "town": "york"}
    (plan,) = (
        item
        for item in gym.client.post("/explain", json=body).get_json()["what_if"]
        if item["field"] == "plan"
    )
    text = gym.client.post("/what-if", data=MEMBER).text
    for other in plan["alternatives"]:
        assert f'value="{100 * other["churn_probability"]:.1f}"' in text


@pytest.mark.parametrize(
    ("asked", "found"),
    [("every", ["fee", "plan", "town"]), ("town", ["town"]), ("nobody", ["fee", "plan"])],
)
def test_other_fields_are_asked_about_by_choice(gym: Any, asked: str, found: list[str]) -> None:
    text = gym.client.post("/what-if", data=MEMBER | {"?fields": asked}).text
    assert cards(text) == found


def test_questions_are_not_counted_as_customers(gym: Any) -> None:
    gym.client.post("/what-if", data=MEMBER)
    assert not gym.events("prediction.served")


def test_the_choice_is_no_field_when_the_customer_is_scored_instead(gym: Any) -> None:
    answer = gym.client.post("/score", data=MEMBER | {"?fields": "every"})
    assert answer.status_code == 200
    assert 'formaction="/what-if#result"' in answer.text


def test_errors_stand_beside_their_fields(gym: Any) -> None:
    answer = gym.client.post("/what-if", data=MEMBER | {"plan": "week"})
    assert answer.status_code == 422
    assert 'id="error-plan"' in answer.text
    assert not cards(answer.text)


def test_without_actionable_fields_the_cure_is_told(client: FlaskClient) -> None:
    schema = client.get("/schema").get_json()
    names = {f["name"] for f in schema["fields"] if f.get("actionable")}
    text = client.get("/what-if").text
    assert f"the fields that you can change ({len(names)})" in text


def test_a_model_without_actionable_fields_says_how_to_name_some(
    publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]
) -> None:
    schema = CustomerSchema(
        name="bare", fields=(Field(name="plan", kind="category", levels=("day", "year")),)
    )
    publisher.publish(make_document(schema))
    bare = make_service(publisher.root)
    bare.registry.refresh()
    text = bare.client.post("/what-if", data={"plan": "day"}).text
    assert "actionable = true" in text
    assert not cards(text)


def test_a_list_of_many_levels_scrolls_by_itself(
    publisher: Any, make_service: Callable[..., Any], make_document: Callable[..., Any]
) -> None:
    levels = tuple(f"club-{number}" for number in range(60))
    field = Field(name="club", kind="category", levels=levels, actionable=True)
    publisher.publish(make_document(CustomerSchema(name="gym", fields=(field,))))
    clubs = make_service(publisher.root)
    clubs.registry.refresh()
    text = clubs.client.post("/what-if", data={"club": "club-7"}).text
    assert 'class="long" tabindex="0"' in text
    assert text.count('<th scope="row">') == 60


def test_the_page_needs_no_script_and_no_inline_style(gym: Any) -> None:
    for answer in (gym.client.get("/what-if"), gym.client.post("/what-if", data=MEMBER)):
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
        ids = re.findall(r'\sid="([^"]+)"', answer.text)
        assert len(ids) == len(set(ids))


def test_without_a_model_the_page_says_why(
    tmp_path: Path, make_service: Callable[..., Any]
) -> None:
    answer = make_service(tmp_path).client.get("/what-if")
    assert (answer.status_code, answer.mimetype) == (503, "text/html")


def test_a_missing_number_has_a_curve_without_a_point(gym: Any) -> None:
    text = gym.client.post("/what-if", data=MEMBER | {"fee": ""}).text
    assert "<polyline" in text
    assert "<circle" not in text
    assert "Now not given." in text


def test_a_field_with_one_value_is_a_point_and_no_fault() -> None:
    fixed = Field(name="fee", kind="number", minimum=5, maximum=5)
    found = FieldWhatIf("fee", 5.0, 0.5, (Alternative(5.0, 0.5),))
    (view,) = views_of(CustomerSchema(name="s", fields=(fixed,)), [found])
    assert view.curve is not None
    assert view.curve.points == "0.0,50.0"
    assert view.lowest.is_present


def test_the_present_level_stands_in_its_place(gym: Any) -> None:
    text = gym.client.post("/what-if", data=MEMBER | {"?fields": "plan"}).text
    rows = re.findall(r'<th scope="row">(\w+)</th>', text)
    assert rows == ["Day", "Month", "Year"]
    text = gym.client.post("/what-if", data=MEMBER | {"?fields": "town"}).text
    assert re.findall(r'<th scope="row">(\w+)</th>', text) == ["York", "Ely", "Rye"]


def test_the_forms_examples_can_be_asked_about(client: FlaskClient, schema: CustomerSchema) -> None:
    examples = {field.name: field.example for field in form_fields(schema)}
    assert client.post("/what-if", data=examples | {"?fields": "every"}).status_code == 200
