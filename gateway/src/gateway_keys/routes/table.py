"""Read the three tables that people edit: routes, key plans and problems."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway_keys.errors import UsageError
from gateway_keys.scopes import KEY_PLANS, SCOPES, known

PUBLIC = "public"
OWN = "own"
CLASSES = ("pure", "read", "page", "write", "stream", OWN)
UPSTREAMS = ("churn-service", "marketing-service", "mailbox", "gateway")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DEFAULT_BODY = "64k"

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One row of the table. `pattern` is None for a path without placeholders."""

    name: str
    path: str
    upstream: str
    class_name: str
    methods: Mapping[str, str]
    pattern: str | None = None
    body: str = DEFAULT_BODY
    profile: str = ""
    handler: str = ""

    @property
    def is_public(self) -> bool:
        """Tell whether the route is open without a key."""
        return PUBLIC in self.methods.values()

    @property
    def scopes(self) -> dict[str, str]:
        """Return method -> scope as nginx sees it: HEAD counts as GET."""
        scopes = dict(self.methods)
        if "GET" in scopes:
            scopes["HEAD"] = scopes["GET"]
        return scopes


@dataclass(frozen=True, kw_only=True)
class KeyPlan:
    """How fast and how parallel one key may call."""

    name: str
    rate_per_second: int
    burst: int
    concurrent: int


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One problem type: its answer and the text of its help page."""

    name: str
    title: str
    help: str
    detail: str = ""


def read_routes(path: Path) -> tuple[Route, ...]:
    """Return the rows of `routes.toml` in their order.

    Raises:
        UsageError: A word is unknown, or a public route also has methods with a scope.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(_route(row, document["patterns"]) for row in document["routes"])


def read_plans(path: Path) -> tuple[KeyPlan, ...]:
    """Return the key plans of `plans.toml` in their order.

    Raises:
        UsageError: The plans are not exactly those that a key may have.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    if tuple(document) != KEY_PLANS:
        raise UsageError(f"{path.name} must define exactly {', '.join(KEY_PLANS)}")
    return tuple(KeyPlan(name=name, **row) for name, row in document.items())


def read_problems(path: Path) -> tuple[Problem, ...]:
    """Return the problem types of `problems.toml` in their order."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(Problem(name=name, **row) for name, row in document.items())


def _route(row: dict[str, Any], patterns: Mapping[str, str]) -> Route:
    values = {("class_name" if name == "class" else name): value for name, value in row.items()}
    route = Route(**values, pattern=_pattern(row["path"], patterns))
    known(route.class_name, CLASSES, "class")
    known(route.upstream, UPSTREAMS, "upstream")
    for method, scope in route.methods.items():
        known(method, METHODS, "method")
        known(scope, (PUBLIC, *SCOPES), "scope")
    if route.is_public and set(route.methods.values()) != {PUBLIC}:
        raise UsageError(f"route {route.name}: all of its methods are public, or none")
    return route


def _pattern(path: str, patterns: Mapping[str, str]) -> str | None:
    if "{" not in path:
        return None
    return "^" + _PLACEHOLDER.sub(lambda found: patterns[found[1]], path.replace(".", r"\.")) + "$"
