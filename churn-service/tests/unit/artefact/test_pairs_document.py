"""What is refused about a pair of fields in model.json."""

import msgspec
import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.pairs import LevelAxis, NumberAxis, PairTerm, pair_problems

SCHEMA = CustomerSchema(
    name="t",
    fields=(
        Field(name="age", kind="number", minimum=0, maximum=99, nullable=True),
        Field(name="plan", kind="category", levels=("basic", "plus"), unknown="other"),
    ),
)
AGE = NumberAxis(edges=(30.0, 60.0), missing=3)
PLAN = LevelAxis(cells={"basic": 0, "plus": 1}, other=1)
PAIR = PairTerm(fields=("age", "plan"), axes=(AGE, PLAN), table=((1.0, 0.0),) * 4, mean=0.1)

replace = msgspec.structs.replace


def test_a_pair_that_fits_its_fields_has_no_problem() -> None:
    assert list(pair_problems(SCHEMA, PAIR)) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"fields": ("age", "age")}, "not two features"),
        ({"fields": ("age", "town")}, "not two features"),
        ({"table": ((1.0,), (1.0, 2.0))}, "not a rectangle"),
        ({"table": ()}, "not a rectangle"),
        ({"table": ((1.0, 0.0),) * 3}, "a cell of age lies outside"),
        ({"table": ((1.0,),) * 4}, "a cell of plan lies outside"),
        ({"table": ((float("nan"), 0.0),) * 4}, "is not finite"),
        ({"mean": float("inf")}, "is not finite"),
        ({"axes": (PLAN, PLAN)}, "an axis of age does not fit its kind, number"),
        ({"axes": (replace(AGE, missing=None), PLAN)}, "age may be missing"),
        ({"axes": (replace(AGE, missing=-1), PLAN)}, "a cell of age lies outside"),
        ({"axes": (replace(AGE, edges=(60.0, 30.0)), PLAN)}, "do not ascend"),
        ({"axes": (replace(AGE, edges=(float("nan"), 30.0)), PLAN)}, "edge of age is not finite"),
        ({"axes": (AGE, replace(PLAN, other=None))}, "takes unseen levels"),
        ({"axes": (AGE, replace(PLAN, cells={"basic": 0}))}, "not those of its levels"),
    ],
)
def test_a_pair_that_does_not_fit_is_refused(change: dict[str, object], problem: str) -> None:
    assert problem in " ".join(pair_problems(SCHEMA, replace(PAIR, **change)))
