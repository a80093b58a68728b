"""Levels as small whole numbers, and a scorer's tables by these numbers.

Number 0 is a missing value, 1 a level that nobody knows, 2 the first level of the
field, and so on. Formats whose runtimes have arrays rather than dictionaries use these.
"""

from collections.abc import Sequence

from churn_contract.cells import spellings
from churn_contract.schema import Field
from churn_service.artefact.document import LevelTerm
from churn_service.artefact.pairs import LevelAxis
from churn_service.artefact.trees import NO_SET, Trees

MISSING, UNKNOWN, FIRST = 0, 1, 2


def code_of_missing(field: Field) -> int:
    """Return the code that a missing value of a category or boolean has."""
    return MISSING if field.blank is None else FIRST + field.levels.index(str(field.blank))


def codes(field: Field) -> dict[str, int]:
    """Return the code of every spelling; an empty text is a missing value."""
    places = {level: FIRST + place for place, level in enumerate(field.levels)}
    found = {text: places[level] for text, level in sorted(spellings(field).items())}
    return {"": code_of_missing(field)} | found


def is_valid(field: Field) -> list[bool]:
    """Return for each code whether a customer with it is scored."""
    return [field.nullable, field.unknown == "other", *(True for _ in field.levels)]


def level_weights(term: LevelTerm, field: Field) -> list[float]:
    """Return the weight of each code; 0 for codes that are not valid."""
    special = [term.missing or 0.0, term.other or 0.0]
    return special + [term.weights[level] for level in field.levels]


def level_cells(axis: LevelAxis, field: Field) -> list[int]:
    """Return the cell of each code in the table of a pair; 0 for codes that are not valid."""
    return [axis.missing or 0, axis.other or 0, *(axis.cells[level] for level in field.levels)]


def node_sets(trees: Trees, features: Sequence[Field]) -> tuple[list[list[bool]], list[int]]:
    """Return tables of the codes that go left, and each node's place among them.

    A node that asks for a number has place -1. All tables have the length of the longest.
    """
    width = FIRST + max((len(field.levels) for field in features), default=0)
    tables: dict[tuple[bool, ...], int] = {}
    places = []
    for node, chosen in enumerate(trees.category_set):
        if chosen == NO_SET:
            places.append(NO_SET)
            continue
        levels, special = features[trees.feature[node]].levels, trees.missing_left[node]
        left = frozenset(trees.category_sets[chosen])
        row = [special, special, *(level in left for level in levels)]
        padded = tuple(row + [False] * (width - len(row)))
        places.append(tables.setdefault(padded, len(tables)))
    return [list(row) for row in tables], places
