"""The functions of a PFA document, the same for every model."""

from typing import Any

MISSING_NUMBER = -1.7976931348623157e308  # PFA writes no NaN: no customer has this number
_NUMBERS = {"type": "array", "items": "double"}
_CURVE = "Curve"
_HALVES: list[Any] = [
    {"let": {"low": 0, "high": {"a.len": ["knots"]}}},
    {
        "while": {"<": ["low", "high"]},
        "do": [
            {"let": {"middle": {"//": [{"+": ["low", "high"]}, 2]}}},
            {
                "if": {"<": ["x", {"attr": "knots", "path": ["middle"]}]},
                "then": [{"set": {"high": "middle"}}],
                "else": [{"set": {"low": {"+": ["middle", 1]}}}],
            },
        ],
    },
    "low",
]


def functions() -> dict[str, Any]:
    """Return the functions by name; documents call them as `u.name`."""
    return {
        "code": _code(),
        "piece": _function({"x": "double", "knots": _NUMBERS}, "int", _HALVES),
        "curve": _curve(),
        "cell": _cell(),
        "chance": _chance(),
        "between": _between(),
    }


def _function(parameters: dict[str, Any], answer: str, lines: list[Any]) -> dict[str, Any]:
    listed = [{name: kind} for name, kind in parameters.items()]
    return {"params": listed, "ret": answer, "do": lines}


def _code() -> dict[str, Any]:
    """Return the code of a text; that of an empty one when it is missing, else 1."""
    known = {
        "if": {"map.containsKey": ["table", "known"]},
        "then": {"attr": "table", "path": ["known"]},
        "else": 1,
    }
    missing = {"attr": "table", "path": [{"string": ""}]}
    line = {"ifnotnull": {"known": "text"}, "then": known, "else": missing}
    table = {"type": "map", "values": "int"}
    return _function({"text": ["null", "string"], "table": table}, "int", [line])


def _if_missing(then: Any, otherwise: Any) -> dict[str, Any]:
    return {"if": {"==": ["x", MISSING_NUMBER]}, "then": then, "else": otherwise}


def _curve() -> dict[str, Any]:
    def at(table: str) -> dict[str, Any]:
        return {"attr": "curve", "path": [{"string": table}, "place"]}

    place = {"u.piece": ["x", {"attr": "curve", "path": [{"string": "knots"}]}]}
    value = {"+": [at("intercepts"), {"*": [at("slopes"), "x"]}]}
    missing = {"attr": "curve", "path": [{"string": "missing"}]}
    line = _if_missing(missing, {"do": [{"let": {"place": place}}, value]})
    return _function({"x": "double", "curve": _CURVE}, "double", [line])


def _cell() -> dict[str, Any]:
    line = _if_missing("missing", {"u.piece": ["x", "edges"]})
    return _function({"x": "double", "edges": _NUMBERS, "missing": "int"}, "int", [line])


def _chance() -> dict[str, Any]:
    high = {"/": [1.0, {"+": [1.0, {"m.exp": [{"u-": ["x"]}]}]}]}
    low = {"/": [{"m.exp": ["x"]}, {"+": [1.0, {"m.exp": ["x"]}]}]}
    line = {"if": {">=": ["x", 0.0]}, "then": high, "else": low}
    return _function({"x": "double"}, "double", [line])


def _between() -> dict[str, Any]:
    def at(table: str, place: Any) -> dict[str, Any]:
        return {"attr": table, "path": [place]}

    before, last = {"-": ["place", 1]}, {"-": [{"a.len": ["logits"]}, 1]}
    share = {
        "/": [
            {"-": ["x", at("logits", before)]},
            {"-": [at("logits", "place"), at("logits", before)]},
        ]
    }
    rise = {"-": [at("chances", "place"), at("chances", before)]}
    inside = {"+": [at("chances", before), {"*": [share, rise]}]}
    upper = {"if": {">": ["place", last]}, "then": at("chances", last), "else": inside}
    line = {"if": {"==": ["place", 0]}, "then": at("chances", 0), "else": upper}
    lines = [{"let": {"place": {"u.piece": ["x", "logits"]}}}, line]
    return _function({"x": "double", "logits": _NUMBERS, "chances": _NUMBERS}, "double", lines)
