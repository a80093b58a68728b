import requests

from marketing_service.health_server import HealthServer
from service_kit.health import Health, health_wsgi
from service_kit.metrics import Metrics


def test_health_and_metrics_are_answered_until_the_server_stops() -> None:
    health = Health()
    server = HealthServer(health_wsgi(health, Metrics()), "127.0.0.1", 0)
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    with requests.Session() as session:
        assert session.get(f"{url}/health/ready", timeout=5).status_code == 200
        assert "process_cpu_seconds_total" in session.get(f"{url}/metrics", timeout=5).text
        health.drain()
        assert session.get(f"{url}/health/ready", timeout=5).status_code == 503
    server.stop()
