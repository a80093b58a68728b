import re
import tomllib
from pathlib import Path

import pytest

from gateway_keys.routes.table import Route

FOLDER = Path(__file__).resolve().parents[2]
RENDERED = {"routes.conf", "scopes.conf", "plans.conf", "limits.conf", "mailbox.conf"}
CONFIGURATION = sorted(FOLDER.rglob("*.conf"))
WRITTEN = sorted({path for path in CONFIGURATION if path.name not in RENDERED})
SCRIPTS = sorted(FOLDER.glob("njs/*.js"))
LOCATION = re.compile(r"^location (?:= |~ )?(\S+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
# Only this internal code is changed: nginx's own 494 is a plain 400 outside.
ALLOWED_ERROR_PAGE = "error_page 494 =400 /problem;"


def blocks() -> list[tuple[str, str]]:
    names = ("conf.d/routes.conf", "conf.d/profiles/mailbox.conf")
    text = "".join((FOLDER / name).read_text() for name in names)
    return LOCATION.findall(text)


def all_lines() -> list[tuple[str, str]]:
    return [
        (path.name, line.strip())
        for path in CONFIGURATION
        for line in path.read_text().splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_a_written_file_has_a_banner_and_is_short(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) <= 60


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_opens_with_what_it_is_for(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("// ")
    if path.name != "problem_table.js":
        assert len(lines) <= 130


def test_the_locations_are_exactly_the_routes(routes: tuple[Route, ...]) -> None:
    expected = [f'"{route.pattern}"' if route.pattern else route.path for route in routes]
    assert sorted(place for place, _ in blocks()) == sorted(expected)


@pytest.mark.parametrize(("place", "body"), blocks(), ids=[place for place, _ in blocks()])
def test_a_location_asks_for_a_key_or_is_marked_public(place: str, body: str) -> None:
    asks = "js_access gate.access;" in body
    assert asks != ("# public:" in body), place
    assert asks == ("include snippets/limits.conf;" in body)


@pytest.mark.parametrize(("place", "body"), blocks(), ids=[place for place, _ in blocks()])
def test_a_location_returns_only_a_405_before_its_key_check(place: str, body: str) -> None:
    assert re.findall(r"return \d+", body) == ["return 405"], place
    assert "proxy_set_header" not in body
    assert "add_header" not in body


@pytest.mark.parametrize(("place", "body"), blocks(), ids=[place for place, _ in blocks()])
def test_a_location_is_exact_or_an_anchored_pattern(place: str, body: str) -> None:
    del body
    assert place.startswith("/") or (place.startswith('"^/') and place.endswith('$"'))


def test_there_is_no_bare_prefix_but_the_closed_default() -> None:
    bare = [line for _, line in all_lines() if re.match(r"location /", line)]
    assert set(bare) == {"location / {"}


@pytest.mark.parametrize("word", ["limit_except", "rewrite ", "satisfy ", "underscores_in_headers"])
def test_directives_with_traps_are_not_used(word: str) -> None:
    assert [line for _, line in all_lines() if line.startswith(word)] == []


def test_error_pages_keep_their_status() -> None:
    changed = [line for _, line in all_lines() if line.startswith("error_page") and "=" in line]
    assert changed == [ALLOWED_ERROR_PAGE]


def test_every_added_header_is_on_errors_too() -> None:
    added = [line for _, line in all_lines() if line.startswith("add_header ")]
    assert added
    assert all(line.endswith(" always;") for line in added)


def test_an_if_holds_nothing_but_a_return() -> None:
    text = "".join(path.read_text() for path in CONFIGURATION)
    bodies = re.findall(r"\bif \([^{]*\{([^}]*)\}", text)
    assert bodies
    assert all(re.fullmatch(r"\s*return \d{3};\s*", body) for body in bodies)


def test_the_error_log_never_prints_header_lines() -> None:
    levels = [line for _, line in all_lines() if line.startswith("error_log")]
    assert levels == ["error_log stderr warn;"]


def test_health_and_metrics_are_heard_inside_the_container_only() -> None:
    listens = [line for name, line in all_lines() if name == "inside.conf" and "listen" in line]
    assert listens == ["listen 127.0.0.1:8081;"]


@pytest.mark.parametrize("leak", ['$request"', "$request_uri", "$args", "$http_", "$cookie_"])
def test_the_access_log_holds_nothing_that_may_hold_a_key(leak: str) -> None:
    lines = [line for name, line in all_lines() if name == "log.conf"]
    assert lines
    assert [line for line in lines if leak in line] == []


def test_the_key_is_on_no_list_of_headers_for_services() -> None:
    sent = [line for name, line in all_lines() if name == "upstream.conf"]
    assert "proxy_pass_request_headers off;" in sent
    assert not [line for line in sent if "authorization" in line.lower() or "api_key" in line]
    assert not [line for line in sent if "cookie" in line.lower()]


def test_every_class_of_route_has_a_snippet_with_time_limits(routes: tuple[Route, ...]) -> None:
    for name in {route.class_name for route in routes} - {"own"}:
        text = (FOLDER / f"snippets/{name}.conf").read_text()
        assert "include snippets/upstream.conf;" in text
        assert "proxy_read_timeout" in text
        assert "proxy_next_upstream" in text


def test_only_pure_calls_are_repeated_after_they_were_sent() -> None:
    repeating = [
        path.name for path in FOLDER.glob("snippets/*.conf") if "non_idempotent" in path.read_text()
    ]
    assert repeating == ["pure.conf"]


def test_the_version_in_the_log_is_the_version_of_the_project() -> None:
    version = tomllib.loads((FOLDER / "pyproject.toml").read_text())["project"]["version"]
    assert f'"version":"{version}"' in (FOLDER / "conf.d/log.conf").read_text()


def found_by(path: str, routes: tuple[Route, ...]) -> str:
    """Return the name of the route that nginx takes: an exact one, else the first pattern."""
    exact = [route.name for route in routes if route.pattern is None and route.path == path]
    matching = [
        route.name
        for route in routes
        if route.pattern is not None and re.match(route.pattern, path)
    ]
    return [*exact, *matching, ""][0]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v2", "oip-server"),
        ("/v2/health/ready", "oip-ready"),
        ("/v2/models/churn", "oip-model"),
        ("/v2/models/churn/ready", "oip-model-ready"),
        ("/v2/models/churn/infer", "oip-model-infer"),
        ("/v2/models/churn/versions/0123456789ab", "oip-version"),
        ("/v2/models/churn/versions/champion/ready", "oip-version-ready"),
        ("/v2/models/churn/versions/champion/infer", "oip-version-infer"),
        ("/v1/models/churn:predict", "instances"),
        ("/v1/imports", "imports"),
        ("/jobs", "jobs"),
        ("/jobs/0b6f", "job"),
        ("/jobs/0b6f/result", "job-result"),
        ("/docs", "docs"),
        ("/docs/static/docs.js", "docs-static"),
        ("/openapi.json", "openapi"),
        ("/models/champion", "model-champion"),
        ("/v1/models/churn", ""),
        ("/v2/models/churn/versions", ""),
        ("/v2/models/Churn/infer", ""),
        ("/jobs/0b6f/other", ""),
        ("/openapixjson", ""),
    ],
)
def test_a_path_finds_its_route(path: str, name: str, routes: tuple[Route, ...]) -> None:
    assert found_by(path, routes) == name


def test_bodies_of_jobs_are_streamed_both_ways(routes: tuple[Route, ...]) -> None:
    classes = {route.name: route.class_name for route in routes}
    text = (FOLDER / "snippets/stream.conf").read_text()

    assert {classes["jobs"], classes["job-result"]} == {"stream"}
    assert "proxy_request_buffering off;" in text
    assert "proxy_buffering off;" in text


def test_every_problem_that_a_script_names_is_in_the_table() -> None:
    known = set(tomllib.loads((FOLDER / "problems.toml").read_text()))
    text = (FOLDER / "njs/problem.js").read_text() + (FOLDER / "njs/gate.js").read_text()
    named = set(
        re.findall(r"'((?:key|scope|cross|gate|too|rate|no-such|method|body|uri)-[a-z-]+)'", text)
    )
    assert named - {"key-"} <= known
    assert {"key-missing", "gate-failed", "rate-exceeded"} <= named


def service_problem_types() -> set[str]:
    """Return every problem type that an error class of a service or of the kit names."""
    kit = FOLDER.parent / "packages/service-kit/src/service_kit"
    sources = [*FOLDER.parent.glob("*/src/*/errors.py"), *kit.glob("*.py")]
    return {
        name
        for path in sources
        for line in path.read_text().splitlines()
        for name in re.findall(r'^    (?:status, )?type(?:, title)? = (?:\d+, )?"([a-z-]+)"', line)
    }


def test_every_problem_of_a_service_has_a_help_page() -> None:
    known = set(tomllib.loads((FOLDER / "problems.toml").read_text()))
    assert {"no-model", "job-not-found"} <= service_problem_types()
    assert service_problem_types() - known == set()


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.keys"])
def test_an_image_names_its_base_by_argument_and_runs_as_101(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert re.search(r"^ARG (NGINX|PYTHON)_IMAGE=[a-z]+:[0-9.]+", text, re.MULTILINE)
    assert "USER 101:101" in text
    assert "chmod a-s" in text
    assert "://" not in text.replace("http://127.0.0.1:8081", "")
