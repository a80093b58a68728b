import pytest

from churn_service.settings import PREFIX, Settings
from service_kit.settings import load_settings


@pytest.mark.parametrize(
    ("environ", "port"),
    [
        ({}, 8080),
        ({"AIP_HTTP_PORT": "7080"}, 7080),
        ({"PORT": "5000"}, 5000),
        ({"PORT": "5000", "AIP_HTTP_PORT": "7080"}, 5000),
    ],
)
def test_the_port_is_ours_then_vertex_then_8080(environ: dict[str, str], port: int) -> None:
    assert load_settings(Settings, environ, PREFIX).http_port == port
