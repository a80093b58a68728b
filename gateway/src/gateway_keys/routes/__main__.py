"""`python -m gateway_keys.routes render|check|table|problems [FOLDER]`."""

import sys
from pathlib import Path

from gateway_keys.errors import KeysError, RefusedError, UsageError
from gateway_keys.routes.docs import problem_module, problems_markdown, routes_markdown
from gateway_keys.routes.nginx import limits_snippet, plans_conf, routes_conf, scopes_conf
from gateway_keys.routes.table import read_plans, read_problems, read_routes

USAGE = "usage: python -m gateway_keys.routes render|check|table|problems [GATEWAY_FOLDER]"


def rendered(folder: Path) -> dict[str, str]:
    """Return the text of every rendered file, by its path inside the gateway's folder."""
    routes = read_routes(folder / "routes.toml")
    plans = read_plans(folder / "plans.toml")
    return {
        "conf.d/routes.conf": routes_conf(routes),
        "conf.d/profiles/mailbox.conf": routes_conf(routes, "mailbox"),
        "conf.d/scopes.conf": scopes_conf(routes),
        "conf.d/plans.conf": plans_conf(plans),
        "snippets/limits.conf": limits_snippet(plans),
        "njs/problem_table.js": problem_module(read_problems(folder / "problems.toml")),
    }


def run(action: str, folder: Path) -> str:
    """Do one action and return what it prints.

    Raises:
        RefusedError: A rendered file is not what its table says.
        UsageError: There is no such action.
    """
    actions = {"render": _render, "check": _check, "table": _table, "problems": _problems}
    if action not in actions:
        raise UsageError(USAGE)
    return actions[action](folder)


def _render(folder: Path) -> str:
    for name, text in rendered(folder).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return ""


def _check(folder: Path) -> str:
    for name, text in rendered(folder).items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            raise RefusedError(f"{name} differs from its table; run the action render")
    return ""


def _table(folder: Path) -> str:
    return routes_markdown(read_routes(folder / "routes.toml"))


def _problems(folder: Path) -> str:
    return problems_markdown(read_problems(folder / "problems.toml"))


def main() -> None:
    """Run the action of this process' command line, in the current folder by default."""
    if len(sys.argv) not in {2, 3}:
        sys.exit(USAGE)
    try:
        sys.stdout.write(run(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else ".")))
    except KeysError as error:
        sys.exit(f"gateway routes: {error}")


if __name__ == "__main__":
    main()
