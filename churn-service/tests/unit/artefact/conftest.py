"""A small document and its golden rows, made by hand."""

import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.document import (
    CurveTerm,
    LevelTerm,
    ModelDocument,
    Scorecard,
    TrainingFacts,
)
from churn_service.artefact.golden import GoldenRow

SCHEMA = CustomerSchema(
    name="small",
    fields=(
        Field(name="plan", kind="category", levels=("basic", "plus"), unknown="other"),
        Field(name="age", kind="number", minimum=0, maximum=120, nullable=True),
    ),
)


@pytest.fixture
def document() -> ModelDocument:
    terms = (
        LevelTerm(field="plan", weights={"basic": 0.5, "plus": -0.5}, other=0.0, mean=0.1),
        CurveTerm(
            field="age",
            knots=(20.0, 60.0),
            intercepts=(1.0, 1.5, 0.0),
            slopes=(0.0, -0.025, 0.0),
            missing=0.25,
            mean=0.5,
        ),
    )
    return ModelDocument(
        name="small",
        schema=SCHEMA,
        schema_digest=SCHEMA.digest,
        threshold=0.5,
        scorer=Scorecard(intercept=-1.0, terms=terms),
        training=TrainingFacts(data_sha256="d", config_sha256="c", rows=100, churned=30),
    )


@pytest.fixture
def golden() -> list[GoldenRow]:
    cells = {"plan": "basic", "age": "20"}
    return [GoldenRow(cells=cells, logit=0.5, churn_probability=0.6224593312018546)] * 50
