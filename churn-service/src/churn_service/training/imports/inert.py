"""What a pickle says, without what it would do: names, arguments, states."""

from typing import Any

from churn_service.training.errors import ForeignModelError


class Named:
    """A class or function that a pickle names; nothing is imported for it."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Inert:
    """An object that a pickle would make by calling something, which nobody does.

    Attributes:
        made_by: The class or function.
        args: What it would have been called with.
        state: What the object would have been filled with.
        items: What would have been appended to it.
        pairs: What would have been set in it by key.
        raw: The bytes of an array that joblib writes behind an object.
    """

    __slots__ = ("args", "items", "made_by", "pairs", "raw", "state")

    def __init__(self, made_by: Named, args: tuple[Any, ...]) -> None:
        self.made_by = made_by
        self.args = args
        self.state: Any = None
        self.items: list[Any] = []
        self.pairs: list[tuple[Any, Any]] = []
        self.raw: bytes | list[Any] | None = None

    @property
    def is_of_scikit_learn(self) -> bool:
        """Whether scikit-learn would have made it."""
        return self.made_by.module.startswith("sklearn.")

    def attribute(self, name: str, default: object = None) -> Any:
        """Return an attribute as its state has it."""
        return self.state.get(name, default) if isinstance(self.state, dict) else default


def is_a(value: object, *names: str) -> bool:
    """Whether a value is an object of scikit-learn with one of these class names."""
    return isinstance(value, Inert) and value.is_of_scikit_learn and value.made_by.name in names


def kind_of(value: object) -> str:
    """Say in words what a value is."""
    if isinstance(value, Inert):
        return value.made_by.name
    return str(value) if isinstance(value, Named) else f"a {type(value).__name__}"


def damaged(reason: str) -> ForeignModelError:
    """Return the error of a file that no pickler wrote like this."""
    return ForeignModelError(f"the pickle is damaged or no model: {reason}")
