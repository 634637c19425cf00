"""Metrics for OpenTelemetry: asynchronous instruments over the families that `/metrics` has.

A counter's name is without `_total`. A summary, for which OpenTelemetry has no instrument, is
three: counters `…_count` and `…_sum`, and a gauge with the attribute `quantile`.
"""

from __future__ import annotations

import threading
from time import monotonic

from ironthread import _core, _recording

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    Sample = tuple[dict[str, str], int | float]

__all__ = ["instrument", "uninstrument"]


class _Snapshot:
    """What the instruments of one collection tell: it serves each once, and not for long."""

    LIFE = 1.0
    """Seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: dict[str, list[Sample]] = {}
        self._served: set[str] = set()
        self._taken = 0.0

    def samples(self, name: str) -> list[Sample]:
        """The samples of an instrument."""
        with self._lock:
            if name in self._served or monotonic() - self._taken > self.LIFE:
                self._taken = monotonic()
                self._samples = {each: samples for each, _, _, _, samples in _instruments()}
                self._served.clear()
            self._served.add(name)
            return self._samples.get(name, [])


class _State:
    """What is instrumented."""

    is_on = False
    guard = threading.Lock()
    # Providers keep instruments for good: one that is instrumented again has them.
    providers: list[object] = []  # noqa: RUF012 (of the process, not of an instance)


def instrument(meter_provider: Any = None) -> None:
    """Tell metrics to this provider, by default the global one, until `uninstrument()`.

    Records what threads do meanwhile. Raises ImportError without `opentelemetry-api`.
    """
    try:
        from opentelemetry import metrics  # only for those who export to it
    except ImportError as error:
        raise ImportError(
            "ironthread.export.opentelemetry needs its API: pip install opentelemetry-api"
        ) from error
    provider = meter_provider or metrics.get_meter_provider()
    _recording.need(__name__)
    _State.is_on = True
    with _State.guard:
        if any(each is provider for each in _State.providers):
            return
        _State.providers.append(provider)
    meter = provider.get_meter("ironthread")
    snapshot = _Snapshot()
    for name, kind, unit, meaning, _ in _instruments():
        make = meter.create_observable_counter if kind == "counter" else None
        make = make or meter.create_observable_gauge
        callback = _callback(snapshot, name, metrics.Observation)
        make(name, callbacks=[callback], unit=unit, description=meaning)


def uninstrument() -> None:
    """Tell no more: the instruments, which providers keep, are silent from now on."""
    if _State.is_on:
        _State.is_on = False
        _recording.need_no_more(__name__)


def _callback(snapshot: _Snapshot, name: str, observation: Any) -> Callable[[Any], Iterable[Any]]:
    def observe(_options: Any) -> Iterator[Any]:
        if _State.is_on:
            for labels, value in snapshot.samples(name):
                yield observation(value, labels)

    return observe


def _instruments() -> Iterator[tuple[str, str, str, str, list[Sample]]]:
    """Name, kind, unit, meaning and samples of each instrument."""
    for family, meaning, kind, samples in _core.metric_families():
        name = family.removesuffix("_total")
        unit = "s" if "_seconds" in name else "1"
        if kind != "summary":
            plain = [(labels, value) for labels, value in samples if not isinstance(value, tuple)]
            yield name, kind, unit, meaning, plain
            continue
        counts: list[Sample] = []
        sums: list[Sample] = []
        quantiles: list[Sample] = []
        for labels, value in samples:
            if isinstance(value, tuple):
                counts.append((labels, value[0]))
                sums.append((labels, value[1]))
                quantiles += [
                    ({**labels, "quantile": str(quantile)}, found)
                    for quantile, found in value[2].items()
                ]
        yield f"{name}_count", "counter", "1", f"{meaning} Their number.", counts
        yield f"{name}_sum", "counter", "s", f"{meaning} Their sum.", sums
        yield name, "gauge", "s", f"{meaning} Quantiles.", quantiles
