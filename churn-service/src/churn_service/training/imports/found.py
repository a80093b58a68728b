"""A model as it was found in a foreign file: numbers and names, before it is one of ours."""

import math
from collections.abc import Callable
from typing import Literal

import msgspec

Operation = Literal["add", "subtract", "multiply", "divide"]
NAN = math.nan


class Encoded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One number that the foreign model reads, and how a cell of the table becomes it.

    A number goes through `steps`. A level is looked up in `levels`, unless the model
    knows none; then it must be a number as well.

    Attributes:
        column: Name of the table's column.
        levels: The number of each level; None for a number.
        other: The number of any other level; None where the model refuses them.
        missing: The number of a missing level.
        blank: What a missing number is replaced by first; None where it stays missing.
        steps: What is done to a number, in order.
        skips_text: Whether a level that is no number gives zero.
    """

    column: str
    levels: dict[str, float] | None = None
    other: float | None = None
    missing: float | None = None
    blank: float | None = None
    steps: tuple[tuple[Operation, float], ...] = ()
    skips_text: bool = False

    def then(self, operation: Operation, value: float) -> "Encoded":
        """Return the encoding with one more step."""
        if self.levels is None:
            return msgspec.structs.replace(self, steps=(*self.steps, (operation, value)))
        return self.mapped(lambda number: apply(operation, number, value))

    def mapped(self, change: Callable[[float], float]) -> "Encoded":
        """Return the encoding of levels with each number changed."""
        return msgspec.structs.replace(
            self,
            levels={level: change(number) for level, number in (self.levels or {}).items()},
            other=None if self.other is None else change(self.other),
            missing=None if self.missing is None else change(self.missing),
        )


def apply(operation: Operation, number: float, value: float) -> float:
    """Return a number after one step."""
    if operation == "add":
        return number + value
    if operation == "subtract":
        return number - value
    return number * value if operation == "multiply" else number / value


class Linear(msgspec.Struct, frozen=True, kw_only=True, tag="linear"):
    """A logistic regression: a weight for each encoded number."""

    columns: tuple[Encoded, ...]
    weights: tuple[float, ...]
    intercept: float


class Node(msgspec.Struct, frozen=True, array_like=True):
    """One node of a tree; `codes` go left where levels are asked for."""

    is_leaf: bool
    column: int
    threshold: float
    codes: tuple[int, ...] | None
    missing_left: bool
    left: int
    right: int
    value: float
    count: int


class Boosted(msgspec.Struct, frozen=True, kw_only=True, tag="boosted"):
    """Boosted trees over encoded numbers."""

    columns: tuple[Encoded, ...]
    base: float
    trees: tuple[tuple[Node, ...], ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A model, its two classes and the release that saved it."""

    model: Linear | Boosted
    classes: tuple[str, str]
    scikit_learn: str = ""
