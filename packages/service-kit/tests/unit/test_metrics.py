"""Metrics: a registry of its own, in Prometheus' text format."""

from service_kit.metrics import Metrics


def test_every_kind_is_rendered() -> None:
    metrics = Metrics()
    metrics.counter("shop_sales_total", "Sales.", ["kind"]).labels("tea").inc(2)
    metrics.gauge("shop_open", "Whether open.").set(1)
    metrics.histogram("shop_wait_seconds", "Waits.", buckets=(1.0, 2.0)).observe(1.5)
    text = metrics.render().decode()
    assert 'shop_sales_total{kind="tea"} 2.0' in text
    assert "shop_open 1.0" in text
    assert 'shop_wait_seconds_bucket{le="2.0"} 1.0' in text
    assert "_created" not in text
    assert "process_resident_memory_bytes" in text


def test_two_processes_parts_never_share_a_counter() -> None:
    first, second = Metrics(), Metrics()
    first.counter("shop_sales_total", "Sales.").inc()
    assert "shop_sales_total 0.0" in _with_counter(second)


def _with_counter(metrics: Metrics) -> str:
    metrics.counter("shop_sales_total", "Sales.")
    return metrics.render().decode()


def test_what_was_put_off_is_counted_before_the_text_is_written() -> None:
    metrics = Metrics()
    sales = metrics.counter("shop_sales_total", "Sales.")
    metrics.before_render(sales.inc)
    assert "shop_sales_total 1.0" in metrics.render().decode()
