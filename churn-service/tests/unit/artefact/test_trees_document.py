"""Trees that make no sense are refused before anything is scored with them."""

import math

import msgspec
import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.trees import DEEPEST, LEAF, Trees, trees_problems

SCHEMA = CustomerSchema(
    name="small",
    fields=(
        Field(name="age", kind="number", minimum=0, maximum=100),
        Field(name="plan", kind="category", levels=("basic", "plus")),
    ),
)
GOOD = Trees(
    base=0.1,
    roots=(0, 5),
    feature=(0, LEAF, 1, LEAF, LEAF, LEAF),
    threshold=(30.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    category_set=(-1, -1, 0, -1, -1, -1),
    category_sets=(("plus",),),
    missing_left=(False,) * 6,
    left=(1, 0, 3, 0, 0, 0),
    right=(2, 0, 4, 0, 0, 0),
    value=(0.0, 1.0, 0.0, 2.0, 3.0, 4.0),
    count=(10, 4, 6, 5, 1, 10),
)
BAD = {
    "different lengths": {"value": (0.0,)},
    "roots": {"roots": (1, 5)},
    "roots of the trees do not ascend": {"roots": (0, 0)},
    "within the nodes": {"roots": (0, 6)},
    "roots of the trees": {"roots": ()},
    "not finite": {"threshold": (math.inf, 0.0, 0.0, 0.0, 0.0, 0.0)},
    "number of the trees is not finite": {"base": math.nan},
    "has no customers": {"count": (10, 4, 6, 6, 0, 10)},
    "leaf 1 of the trees has children": {"left": (1, 3, 3, 0, 0, 0)},
    "does not stand behind it": {"left": (0, 0, 3, 0, 0, 0)},
    "child of node 2": {"right": (2, 0, 5, 0, 0, 0)},
    "feature that does not exist": {"feature": (7, LEAF, 1, LEAF, LEAF, LEAF)},
    "node 0 of the trees asks for": {"feature": (-2, LEAF, 1, LEAF, LEAF, LEAF)},
    "does not fit the kind of age": {"category_set": (0, -1, 0, -1, -1, -1)},
    "does not fit the kind of plan": {"category_set": (-1, -1, -1, -1, -1, -1)},
    "set of levels that does not exist": {"category_set": (-1, -1, 1, -1, -1, -1)},
    "names a set of levels": {"category_set": (-1, -1, -2, -1, -1, -1)},
    "levels left that plan does not have": {"category_sets": (("gold",),)},
    "exactly one path": {"left": (2, 0, 3, 0, 0, 0)},
    "customers of node 0": {"count": (11, 4, 6, 5, 1, 10)},
}


def test_good_trees_have_no_problem() -> None:
    assert not list(trees_problems(SCHEMA, GOOD))


@pytest.mark.parametrize(("words", "changes"), BAD.items(), ids=BAD)
def test_what_makes_no_sense_is_named(words: str, changes: dict[str, object]) -> None:
    problems = list(trees_problems(SCHEMA, msgspec.structs.replace(GOOD, **changes)))
    assert any(words in problem for problem in problems), problems


def test_a_tree_that_would_exhaust_the_parser_is_refused() -> None:
    depth = DEEPEST + 1
    inner = range(0, 2 * depth, 2)
    nodes = 2 * depth + 1
    chain = Trees(
        base=0.0,
        roots=(0,),
        feature=tuple(0 if node in inner else LEAF for node in range(nodes)),
        threshold=(1.0,) * nodes,
        category_set=(-1,) * nodes,
        category_sets=(),
        missing_left=(True,) * nodes,
        left=tuple(node + 1 if node in inner else 0 for node in range(nodes)),
        right=tuple(node + 2 if node in inner else 0 for node in range(nodes)),
        value=(0.0,) * nodes,
        count=tuple(depth + 1 - node // 2 if node in inner else 1 for node in range(nodes)),
    )
    assert list(trees_problems(SCHEMA, chain)) == [f"a tree is deeper than {DEEPEST}"]
