import numpy as np
import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.compiler import compile_pipeline
from churn_service.training.course import course_probabilities
from churn_service.training.pipeline import fit_scorecard

FLAG = Field(name="flag", kind="boolean", levels=("0", "1"))
PLAN = Field(name="plan", kind="category", levels=("a", "b"))
AGE = Field(name="age", kind="number", minimum=0, maximum=9, nullable=True)


def test_the_course_learns_raw_numbers_flags_and_levels() -> None:
    schema = CustomerSchema(name="t", fields=(FLAG, PLAN, AGE))
    rows = [["1", "a", 1.0], ["0", "b", float("nan")], ["1", "b", 3.0], ["0", "a", 9.0]]
    matrix = np.array(rows * 25, dtype=object)
    churned = np.array([1, 0, 1, 0] * 25)

    probability = course_probabilities(schema, matrix, churned, matrix[:4])

    assert (probability[[0, 2]] > 0.5).all()
    assert (probability[[1, 3]] < 0.5).all()


def test_a_table_without_numbers_compiles() -> None:
    schema = CustomerSchema(name="t", fields=(FLAG, PLAN))
    matrix = np.array([["1", "a"], ["0", "b"], ["1", "b"], ["0", "a"]] * 25, dtype=object)
    churned = np.array([1, 0, 1, 0] * 25)

    fit = fit_scorecard(matrix, churned, schema, 1.0)
    scorecard = compile_pipeline(fit, schema, matrix)

    assert [term.field for term in scorecard.terms] == ["flag", "plan"]
    assert sum(term.mean for term in scorecard.terms) + scorecard.intercept == pytest.approx(
        fit.logits(matrix).mean()
    )
