from pathlib import Path

import pytest

from gateway_keys.routes.table import Route, read_routes


@pytest.fixture(scope="session")
def gateway_folder() -> Path:
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def routes(gateway_folder: Path) -> tuple[Route, ...]:
    return read_routes(gateway_folder / "routes.toml")
