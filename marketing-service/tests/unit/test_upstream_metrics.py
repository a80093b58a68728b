from marketing_service.http_limits import Breaker, PolicyLimits
from marketing_service.upstream_metrics import UpstreamMetrics
from service_kit.metrics import Metrics


def test_attempts_and_the_breaker_are_shown() -> None:
    metrics = Metrics()
    upstream = UpstreamMetrics(metrics, "churn-service")
    breaker = Breaker(PolicyLimits(breaker_min_calls=1), lambda: 0.0)
    upstream.watch(breaker)
    upstream.observe("error", 0.2)
    breaker.record(is_success=False)
    text = metrics.render().decode()
    assert 'marketing_upstream_seconds_count{result="error",upstream="churn-service"} 1.0' in text
    assert 'marketing_breaker_open{upstream="churn-service"} 1.0' in text
