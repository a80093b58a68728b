"""The gateway knows every address of churn-service that people and clients use."""

import io
import re
from pathlib import Path

import pytest

from bootstrap.console import ROOT
from churn_service.app import create_app, create_registry
from churn_service.settings import Settings
from gateway_keys.routes.table import read_routes
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

ROUTES = [
    route
    for route in read_routes(ROOT / "gateway/routes.toml")
    if route.upstream == "churn-service"
]
FLASKS_OWN = "/static/<path:filename>"
VALUES = {"filename": "css/pico.min.css", "version": "0123456789ab", "model": "churn"}
PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")


def calls(root: Path) -> set[tuple[str, str]]:
    """Return method and path of everything that the service answers."""
    log, metrics = EventLog("churn-service", "test", io.StringIO()), Metrics()
    settings = Settings(model_root=root)
    registry = create_registry(settings, log=log, metrics=metrics)
    app = create_app(settings, registry=registry, log=log, metrics=metrics)
    return {
        (method, PLACEHOLDER.sub(lambda found: VALUES.get(found[1], "champion"), rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule != FLASKS_OWN
    }


def methods_at(path: str) -> set[str]:
    """Return the methods that the gateway lets through to a path."""
    exact = [route for route in ROUTES if route.pattern is None and route.path == path]
    matching = [route for route in ROUTES if route.pattern and re.match(route.pattern, path)]
    return {method for route in [*exact, *matching][:1] for method in route.methods}


def test_every_address_of_the_service_is_in_the_route_table(tmp_path: Path) -> None:
    lost = [(method, path) for method, path in calls(tmp_path) if method not in methods_at(path)]

    assert sorted(lost) == []


@pytest.mark.parametrize("path", ["/predict", "/v2/models/churn/infer", "/invocations"])
def test_scoring_is_among_them(path: str, tmp_path: Path) -> None:
    assert ("POST", path) in calls(tmp_path)
