"""Metrics in the libraries that programs export with, held against what `/metrics` says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import ironthread
import pytest
from ironthread import _core
from ironthread.export import opentelemetry, prometheus
from metrics_page import families, page
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, Metric
from python_process import python

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the server is Linux's")


def use_everything() -> None:
    """A little of everything that is told."""
    lock, queue = ironthread.Lock(), ironthread.Queue[int]()
    with lock:
        queue.put(1)
    queue.get()
    with ironthread.ThreadPoolExecutor(2, thread_name_prefix='a "named"\\ pool\n') as pool:
        assert list(pool.map(str, range(3))) == ["0", "1", "2"]


@pytest.fixture
def collector() -> Iterator[prometheus.Collector]:
    collector = prometheus.Collector()
    yield collector
    collector.close()


def shape(found: dict[str, Metric]) -> dict[str, Any]:
    return {
        name: (
            family.documentation,
            family.type,
            sorted((sample.name, sorted(sample.labels.items())) for sample in family.samples),
        )
        for name, family in found.items()
    }


@LINUX
def test_the_collector_tells_what_the_page_tells(collector: prometheus.Collector) -> None:
    with ironthread.serve_metrics(0) as server:
        use_everything()
        registry = CollectorRegistry()
        registry.register(collector)
        collected = {family.name: family for family in registry.collect()}
        served = families(page(server.port))
    assert shape(collected) == shape(served)
    assert sum(len(family.samples) for family in served.values()) > 50
    # Nothing happened between the two but that time went by.
    for name in ("ironthread_queue_puts", "ironthread_pool_calls", "ironthread_pool_run_seconds"):
        one, other = (
            sorted((sample.name, repr(sample.labels), sample.value) for sample in found.samples)
            for found in (collected[name], served[name])
        )
        assert one == other


def test_the_collector_records_until_it_is_closed() -> None:
    assert not _core.watch_is_on()
    collector = prometheus.Collector()
    assert _core.watch_is_on()
    collector.close()
    assert not _core.watch_is_on()
    samples = {family.name: family.samples for family in collector.collect()}
    assert [sample.value for sample in samples["ironthread_recording"]] == [0]
    assert samples["ironthread_lock_acquisitions"] == []


def told(reader: InMemoryMetricReader) -> dict[str, Any]:
    """All metrics that a reader is told, by name."""
    data = reader.get_metrics_data()
    if data is None:
        return {}
    return {
        metric.name: metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_the_readers_of_opentelemetry_are_told_all_families() -> None:
    readers = [InMemoryMetricReader(), InMemoryMetricReader()]
    provider = MeterProvider(metric_readers=readers)
    opentelemetry.instrument(provider)
    opentelemetry.instrument(provider)  # twice is as good as once
    try:
        use_everything()
        snapshot = _core.metric_families()
        for reader in readers:
            metrics = told(reader)
            for name, meaning, kind, samples in snapshot:
                if kind == "summary" or not samples:
                    continue
                metric = metrics[name.removesuffix("_total")]
                assert metric.description == meaning
                assert metric.unit == ("s" if "_seconds" in name else "1")
                if kind == "counter":
                    assert metric.data.is_monotonic
                points = {tuple(sorted(p.attributes.items())) for p in metric.data.data_points}
                assert points >= {tuple(sorted(labels.items())) for labels, _ in samples}
            (calls,) = metrics["ironthread_pool_calls"].data.data_points
            assert calls.value == 3
            (count,) = metrics["ironthread_pool_run_seconds_count"].data.data_points
            assert count.value == 3
            quantiles = metrics["ironthread_pool_run_seconds"].data.data_points
            assert {p.attributes["quantile"] for p in quantiles} == {"0.5", "0.95", "0.99"}
    finally:
        opentelemetry.uninstrument()
    assert not _core.watch_is_on()
    assert told(readers[0]) == {}
    provider.shutdown()


def test_a_reader_that_asks_again_is_told_what_is_new() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    opentelemetry.instrument(provider)
    try:
        queue = ironthread.Queue[int]()
        for count in (1, 2, 3):
            queue.put(0)
            points = told(reader)["ironthread_queue_puts"].data.data_points
            assert [point.value for point in points] == [count]
    finally:
        opentelemetry.uninstrument()
        provider.shutdown()


@pytest.mark.parametrize(
    ("module", "call", "wanted"),
    [
        ("prometheus", "Collector()", "pip install prometheus-client"),
        ("opentelemetry", "instrument()", "pip install opentelemetry-api"),
    ],
)
def test_a_missing_library_is_a_clear_error(module: str, call: str, wanted: str) -> None:
    python(
        f"""
        import sys
        sys.modules["prometheus_client"] = sys.modules["opentelemetry"] = None
        from ironthread import _core
        from ironthread.export import {module}
        try:
            {module}.{call}
        except ImportError as error:
            assert {wanted!r} in str(error), error
        else:
            raise AssertionError
        assert not _core.watch_is_on()
        """
    )


def test_nobody_who_does_not_export_pays_for_it() -> None:
    python(
        """
        import sys
        import ironthread
        for name in ("metrics", "export", "logs", "_recording"):
            assert f"ironthread.{name}" not in sys.modules, name
        import ironthread.export.prometheus, ironthread.export.opentelemetry
        for name in ("prometheus_client", "opentelemetry"):
            assert name not in sys.modules, name
        """
    )
