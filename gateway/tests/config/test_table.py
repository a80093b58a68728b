from pathlib import Path

import pytest

from gateway_keys.errors import UsageError
from gateway_keys.routes.table import Route, read_plans, read_problems, read_routes
from gateway_keys.scopes import SCOPES

ROW = """
[patterns]
id = "[a-z]{1,4}"
[[routes]]
name = "thing"
path = "/v1/things/{id}.csv"
upstream = "churn-service"
class = "read"
methods = { GET = "predict" }
"""


def read(tmp_path: Path, text: str) -> tuple[Route, ...]:
    (tmp_path / "routes.toml").write_text(text)
    return read_routes(tmp_path / "routes.toml")


def test_a_placeholder_becomes_an_anchored_pattern(tmp_path: Path) -> None:
    assert read(tmp_path, ROW)[0].pattern == r"^/v1/things/[a-z]{1,4}\.csv$"


def test_get_includes_head(tmp_path: Path) -> None:
    assert read(tmp_path, ROW)[0].scopes == {"GET": "predict", "HEAD": "predict"}


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('"predict"', '"predcit"', "unknown scope"),
        ("GET", "FETCH", "unknown method"),
        ('"read"', '"reed"', "unknown class"),
        ('"churn-service"', '"chrun-service"', "unknown upstream"),
        ('GET = "predict"', 'GET = "public", POST = "predict"', "all of its methods are public"),
    ],
)
def test_an_unknown_word_is_refused(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read(tmp_path, ROW.replace(right, wrong))


def test_every_scope_has_a_route_and_every_route_a_known_scope(routes: tuple[Route, ...]) -> None:
    used = {scope for route in routes for scope in route.methods.values()}
    assert used == {"public", *SCOPES}


def test_route_names_and_paths_are_unique(routes: tuple[Route, ...]) -> None:
    assert len({route.name for route in routes}) == len(routes)
    assert len({route.path for route in routes}) == len(routes)


def test_the_plans_are_those_that_a_key_may_have(gateway_folder: Path, tmp_path: Path) -> None:
    plans = read_plans(gateway_folder / "plans.toml")
    assert [plan.name for plan in plans] == ["trial", "standard", "bulk", "internal"]
    (tmp_path / "plans.toml").write_text("[gold]\nburst = 1\n")
    with pytest.raises(UsageError, match="must define exactly trial, standard"):
        read_plans(tmp_path / "plans.toml")


def test_every_problem_says_what_happened_and_what_to_do(gateway_folder: Path) -> None:
    for problem in read_problems(gateway_folder / "problems.toml"):
        assert problem.title
        assert problem.help.endswith(".")
        assert problem.name == problem.name.lower()
