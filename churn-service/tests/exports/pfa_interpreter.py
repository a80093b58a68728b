"""A small engine for PFA documents: enough of the language for our own exports.

It is written from the specification (PFA 0.8.1), not from the writer, since every engine
for Python is dead. A form that it does not know is an error.
"""

import json
import math
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "u-": operator.neg, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "==": operator.eq, "m.exp": math.exp,
    "a.len": len, "map.containsKey": lambda table, key: key in table,
}  # fmt: skip


class Scope:
    """Variables; a block sees those around it, and `set` changes the nearest."""

    def __init__(self, around: "Scope | None" = None) -> None:
        self.around = around
        self.held: dict[str, Any] = {}

    def home(self, name: str) -> dict[str, Any]:
        if name in self.held:
            return self.held
        assert self.around, f"no variable {name}"
        return self.around.home(name)


class Engine:
    """One document, ready to score."""

    def __init__(self, path: Path) -> None:
        self.document = json.loads(path.read_text())
        assert self.document["method"] == "map"
        self.names = [field["name"] for field in self.document["input"]["fields"]]

    def score(self, values: list[Any]) -> Any:
        scope = Scope()
        scope.held["input"] = dict(zip(self.names, values, strict=True))
        return self.block(self.document["action"], scope)

    def block(self, lines: Any, scope: Scope) -> Any:
        """Run the lines of a block in a scope of its own; the last one is its value."""
        inside = Scope(scope)
        value = None
        for line in lines if isinstance(lines, list) else [lines]:
            value = self.run(line, inside)
        return value

    def run(self, form: Any, scope: Scope) -> Any:
        if form is None or isinstance(form, bool | int | float):
            return form
        if isinstance(form, str):
            first, *path = form.split(".")
            return follow(scope.home(first)[first], path)
        if isinstance(form, list):
            (text,) = form  # a text within brackets stands for itself
            return text
        known = (name for name in FORMS if name in form)
        name = next(known, None)
        if name is not None:
            return FORMS[name](self, form, scope)
        ((name, arguments),) = form.items()
        return self.call(name, arguments, scope)

    def call(self, name: str, arguments: Any, scope: Scope) -> Any:
        given = arguments if isinstance(arguments, list) else [arguments]
        values = [self.run(argument, scope) for argument in given]
        if not name.startswith("u."):
            return FUNCTIONS[name](*values)
        function = self.document["fcns"][name[2:]]
        inside = Scope()
        for parameter, value in zip(function["params"], values, strict=True):
            inside.held[next(iter(parameter))] = value
        return self.block(function["do"], inside)


def follow(value: Any, path: list[Any]) -> Any:
    for step in path:
        assert isinstance(step, str) or step >= 0, "PFA arrays have no negative places"
        value = value[step]
    return value


def _let(engine: Engine, form: Any, scope: Scope) -> None:
    for name, value in form["let"].items():
        assert name not in scope.held, f"{name} is there already"
        scope.held[name] = engine.run(value, scope)


def _set(engine: Engine, form: Any, scope: Scope) -> None:
    for name, value in form["set"].items():
        scope.home(name)[name] = engine.run(value, scope)


def _if(engine: Engine, form: Any, scope: Scope) -> Any:
    side = "then" if engine.run(form["if"], scope) else "else"
    return engine.block(form[side], scope)


def _if_not_null(engine: Engine, form: Any, scope: Scope) -> Any:
    inside = Scope(scope)
    inside.held = {name: engine.run(value, scope) for name, value in form["ifnotnull"].items()}
    if None in inside.held.values():
        return engine.block(form["else"], scope)
    return engine.block(form["then"], inside)


def _while(engine: Engine, form: Any, scope: Scope) -> None:
    while engine.run(form["while"], scope):
        engine.block(form["do"], scope)


def _for_each(engine: Engine, form: Any, scope: Scope) -> None:
    assert form["seq"], "only then may a step change what stands around it"
    for value in engine.run(form["in"], scope):
        inside = Scope(scope)
        inside.held[form["foreach"]] = value
        engine.block(form["do"], inside)


def _path(engine: Engine, form: Any, scope: Scope) -> list[Any]:
    return [engine.run(step, scope) for step in form.get("path", ())]


def _new(engine: Engine, form: Any, scope: Scope) -> Any:
    if isinstance(form["new"], list):
        return [engine.run(item, scope) for item in form["new"]]
    return {name: engine.run(item, scope) for name, item in form["new"].items()}


FORMS: dict[str, Callable[[Engine, Any, Scope], Any]] = {
    "let": _let,
    "set": _set,
    "if": _if,
    "ifnotnull": _if_not_null,
    "while": _while,
    "foreach": _for_each,
    "do": lambda engine, form, scope: engine.block(form["do"], scope),
    "attr": lambda engine, form, scope: follow(
        engine.run(form["attr"], scope), _path(engine, form, scope)
    ),
    "cell": lambda engine, form, scope: follow(
        engine.document["cells"][form["cell"]]["init"], _path(engine, form, scope)
    ),
    "new": _new,
    "value": lambda _engine, form, _scope: form["value"],
    "string": lambda _engine, form, _scope: form["string"],
    "&&": lambda engine, form, scope: all(engine.run(part, scope) for part in form["&&"]),
    "||": lambda engine, form, scope: any(engine.run(part, scope) for part in form["||"]),
}
