"""Render the tables for people: the route table of the docs, and the help texts."""

import json
from collections.abc import Iterable

from gateway_keys.routes.nginx import BANNER
from gateway_keys.routes.table import Problem, Route


def routes_markdown(routes: Iterable[Route]) -> str:
    """Return the route table of the docs, one row per route and method."""
    lines = ["| route | method | scope | service | body |", "| --- | --- | --- | --- | --- |"]
    for route in routes:
        note = f" (profile {route.profile})" if route.profile else ""
        for method, scope in route.methods.items():
            lines.append(
                f"| `{route.path}`{note} | {method} | {scope} | {route.upstream} | {route.body} |"
            )
    return "\n".join(lines) + "\n"


def problems_markdown(problems: Iterable[Problem]) -> str:
    """Return the table of problem types for the docs."""
    lines = ["| type | title | what to do |", "| --- | --- | --- |"]
    lines += [f"| `/problems/{row.name}` | {row.title} | {row.help} |" for row in problems]
    return "\n".join(lines) + "\n"


def problem_module(problems: Iterable[Problem]) -> str:
    """Return the njs module with title, detail and help of every problem type."""
    table = {
        row.name: {"title": row.title, "detail": row.detail, "help": row.help} for row in problems
    }
    banner = BANNER.format(source="problems.toml").replace("#", "//", 1)
    return f"{banner}export default {json.dumps(table, indent=2)};\n"
