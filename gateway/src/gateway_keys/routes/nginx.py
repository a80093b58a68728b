"""Render the tables as nginx configuration; the text is the same at every run."""

from collections.abc import Iterable

from gateway_keys.routes.table import OWN, KeyPlan, Route

BANNER = "# Rendered from {source} by `python -m gateway_keys.routes render`; do not edit.\n"


def routes_conf(routes: Iterable[Route], profile: str = "") -> str:
    """Return one location per route of the profile ("" is what is always served)."""
    blocks = [_location(route) for route in routes if route.profile == profile]
    return BANNER.format(source="routes.toml") + "\n".join(["", *blocks])


def scopes_conf(routes: Iterable[Route]) -> str:
    """Return the maps route:method -> scope and route -> Allow, and the page routes."""
    rows = tuple(routes)
    scopes = {
        f"{route.name}:{method}": scope for route in rows for method, scope in route.scopes.items()
    }
    allow = {route.name: ", ".join(sorted(route.scopes)) for route in rows}
    pages = {route.name: "1" for route in rows if route.class_name == "page"}
    return BANNER.format(source="routes.toml") + "\n".join([
        "",
        _map('"$route:$method"', "$need_scope", scopes),
        _map("$route", "$allow", allow),
        _map("$route", "$is_page", pages),
    ])


def plans_conf(plans: Iterable[KeyPlan]) -> str:
    """Return the rate and connection zones, one pair per key plan."""
    blocks = [_zones(plan) for plan in plans]
    return BANNER.format(source="plans.toml") + "\n".join(["", *blocks])


def limits_snippet(plans: Iterable[KeyPlan]) -> str:
    """Return the limits of a keyed location; a key is counted by its own plan only."""
    lines = ["limit_req zone=flood burst=400 nodelay;", "limit_conn address 64;"]
    for plan in plans:
        lines.append(f"limit_req zone=plan_{plan.name} burst={plan.burst} nodelay;")
        lines.append(f"limit_conn parallel_{plan.name} {plan.concurrent};")
    return BANNER.format(source="plans.toml") + "\n".join(["", *lines, ""])


def _location(route: Route) -> str:
    place = f"= {route.path}" if route.pattern is None else f'~ "{route.pattern}"'
    lines = [
        f"location {place} {{",
        f"    set $route {route.name};",
        f"    client_max_body_size {route.body};",
        '    if ($need_scope = "") { return 405; }',
        *_guard(route),
        *_answer(route),
        "}",
        "",
    ]
    return "\n".join(lines)


def _answer(route: Route) -> list[str]:
    if route.class_name == OWN:
        return [f"    js_content {route.handler};"]
    target = route.path if route.pattern is None else ""
    return [
        f"    include snippets/{route.class_name}.conf;",
        f"    proxy_pass http://{route.upstream}{target};",
    ]


def _guard(route: Route) -> list[str]:
    if route.is_public:
        return ["    # public: no key is asked for"]
    return ["    include snippets/limits.conf;", "    js_access gate.access;"]


def _zones(plan: KeyPlan) -> str:
    key = f"$limit_{plan.name}"
    holder = f"holder_{plan.name}"
    return "\n".join([
        f"map $auth {key} {{",
        '    default "";',
        f'    "~^(?<{holder}>k_[a-z0-9]{{10}})\\|[^|]*\\|{plan.name}\\|" ${holder};',
        "}",
        f"limit_req_zone {key} zone=plan_{plan.name}:2m rate={plan.rate_per_second}r/s;",
        f"limit_conn_zone {key} zone=parallel_{plan.name}:2m;",
        "",
    ])


def _map(source: str, target: str, rows: dict[str, str]) -> str:
    lines = [f'    "{key}" "{value}";' for key, value in rows.items()]
    return "\n".join([f"map {source} {target} {{", '    default "";', *lines, "}", ""])
