"""Metrics for a registry of `prometheus_client`.

from prometheus_client import REGISTRY
REGISTRY.register(ironthread.export.prometheus.Collector())
"""

from __future__ import annotations

from ironthread import _core, _recording

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["Collector"]


class Collector:
    """Yields the families that `/metrics` has. Records what threads do until it is closed.

    Raises ImportError without `prometheus_client`.
    """

    def __init__(self) -> None:
        try:
            from prometheus_client import metrics_core  # only for those who export to it
        except ImportError as error:
            raise ImportError(
                "ironthread.export.prometheus needs its library: pip install prometheus-client"
            ) from error
        self._metric: Any = metrics_core.Metric
        _recording.need(self)

    def collect(self) -> Iterator[Any]:
        """All families, with the samples of this moment."""
        for name, meaning, kind, samples in _core.metric_families():
            # The library names a counter without the ending, and its samples with it.
            family = self._metric(name.removesuffix("_total"), meaning, kind)
            for labels, value in samples:
                if isinstance(value, tuple):
                    count, total, quantiles = value
                    for quantile, found in quantiles.items():
                        family.add_sample(name, {**labels, "quantile": str(quantile)}, found)
                    family.add_sample(f"{name}_sum", labels, total)
                    family.add_sample(f"{name}_count", labels, count)
                else:
                    family.add_sample(name, labels, value)
            yield family

    def close(self) -> None:
        """End the recording, if it was begun for this. Unregister it from its registries first."""
        _recording.need_no_more(self)
