import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer, Validator
from churn_service.artefact.document import (
    CurveTerm,
    LevelTerm,
    ModelDocument,
    Scorecard,
    TrainingFacts,
)
from churn_service.predictor import Predictor
from churn_service.what_if import actionable_fields, number_points, what_if

SCHEMA = CustomerSchema(
    name="gym",
    fields=(
        Field(
            name="fee", kind="number", minimum=0, maximum=99, lowest=10, highest=50,
            nullable=True, actionable=True,
        ),
        Field(name="plan", kind="category", levels=("day", "month", "year"), actionable=True),
        Field(name="town", kind="category", levels=("ely", "rye"), unknown="other"),
    ),
)  # fmt: skip


@pytest.fixture
def predictor() -> Predictor:
    fee = CurveTerm(
        field="fee", knots=(10.0, 50.0), intercepts=(0.0, -0.5, 2.0), slopes=(0.0, 0.05, 0.0),
        missing=0.3,
    )  # fmt: skip
    plan = LevelTerm(field="plan", weights={"day": 1.0, "month": 0.0, "year": -1.0})
    town = LevelTerm(field="town", weights={"ely": 0.0, "rye": 0.2}, other=0.1)
    document = ModelDocument(
        name="churn",
        schema=SCHEMA,
        schema_digest=SCHEMA.digest,
        threshold=0.5,
        horizon_days=30,
        scorer=Scorecard(intercept=-0.4, terms=(fee, plan, town)),
        training=TrainingFacts(data_sha256="d" * 64, config_sha256="c" * 64, rows=9, churned=3),
    )
    return Predictor("v", document, Validator(SCHEMA))


def probability(predictor: Predictor, *values: float | str | None) -> float:
    return predictor.predict([Customer(None, values)])[0].churn_probability


def test_by_default_the_actionable_fields_are_asked_about(predictor: Predictor) -> None:
    found = what_if(predictor, Customer("c", (20.0, "month", "ely")))
    assert [answer.field for answer in found] == ["fee", "plan"]
    assert [field.name for field in actionable_fields(SCHEMA.features)] == ["fee", "plan"]


def test_every_other_level_gets_the_score_of_that_customer(predictor: Predictor) -> None:
    plan = SCHEMA.field("plan")
    (answer,) = what_if(predictor, Customer(None, (20.0, "month", "ely")), [plan])
    assert (answer.value, answer.churn_probability) == (
        "month",
        probability(predictor, 20.0, "month", "ely"),
    )
    assert {other.value: other.churn_probability for other in answer.alternatives} == {
        level: probability(predictor, 20.0, level, "ely") for level in ("day", "year")
    }


def test_a_number_is_asked_along_its_range_with_its_present_value(predictor: Predictor) -> None:
    fee = SCHEMA.field("fee")
    (answer,) = what_if(predictor, Customer(None, (20.5, "day", "ely")), [fee])
    values = [other.value for other in answer.alternatives]
    assert values == sorted({*map(float, range(10, 51, 2)), 20.5})
    for other in answer.alternatives:
        assert other.churn_probability == probability(predictor, other.value, "day", "ely")


def test_a_missing_number_is_compared_with_every_present_one(predictor: Predictor) -> None:
    fee = SCHEMA.field("fee")
    (answer,) = what_if(predictor, Customer(None, (None, "day", "ely")), [fee])
    assert answer.value is None
    assert len(answer.alternatives) == 21


def test_an_unseen_level_is_compared_with_all_known_ones(predictor: Predictor) -> None:
    town = SCHEMA.field("town")
    (answer,) = what_if(predictor, Customer(None, (20.0, "day", "york")), [town])
    assert [other.value for other in answer.alternatives] == ["ely", "rye"]


@pytest.mark.parametrize(
    ("low", "high", "some"),
    [
        (0.0, 72.0, {0.0, 4.0, 36.0, 72.0}),
        (18.25, 118.6, {18.25, 23.3, 118.6}),
        (0.0, 0.001, {0.0, 0.00005, 0.0005, 0.001}),
        (-1e6, 1e6, {-1e6, 0.0, 1e6}),
        (5.0, 5.0, {5.0}),
        (0.0, 4.0, {0.0, 0.2, 2.0, 4.0}),
    ],
)
def test_points_of_a_range_are_round_numbers_between_its_ends(
    low: float, high: float, some: set[float]
) -> None:
    points = number_points(low, high)
    assert some <= points
    assert len(points) <= 21
    assert all(low <= point <= high for point in points)
