"""Pipelines whose stages do not keep up with each other."""

from __future__ import annotations

from ironthread.report.names import families
from ironthread.report.spent import computed
from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report
    from ironthread.report.usage import QueueUse


def slow_stage(report: Report) -> list[Verdict]:
    """A queue that is full half of the time, and never empty when an item is wanted."""
    full = [
        queue
        for queue in _pipelines(report)
        if queue.full >= thresholds.MOST * report.elapsed
        and queue.empty <= thresholds.LITTLE * report.elapsed
    ]
    if not full:
        return []
    # A slow stage fills the queues of all before it: the last of them was given the fewest items.
    queue = min(full, key=lambda queue: queue.puts)
    share = queue.full / report.elapsed
    empty = [other.empty for other in _pipelines(report) if other is not queue]
    after = max(empty, default=0.0) / report.elapsed
    finding = (
        f"The stage that takes from the queue made at {{place}}{_stage(queue)} is too slow: the "
        f"queue was full, and producers waited, for {share:.0%} of the time."
    )
    if after >= thresholds.MOST:
        finding += f" A later queue had consumers waiting for {after:.0%} of it."
    advice = "Give this stage more threads if it waits for input and output, or make it faster."
    figures = {"full": share, "empty": queue.empty / report.elapsed, "others_empty": after}
    return [Verdict("slow-stage", share, finding, advice, figures, queue.origin)]


def starved_consumers(report: Report) -> list[Verdict]:
    """Several consumers wait while a thread that computes does not keep up with them.

    A producer that waits itself, for input, may have nothing to produce: nothing is said of it.
    """
    waits = {site.origin: site.waited.total for site in report.sites if site.kind == "Queue.get"}
    busy = max(report.threads, key=computed, default=None)
    if busy is None or computed(busy) < thresholds.MOST * report.elapsed:
        return []
    for queue in _pipelines(report):
        idle = waits.get(queue.origin, 0.0) / report.elapsed
        empty, full = queue.empty / report.elapsed, queue.full / report.elapsed
        if idle < thresholds.IDLE_CONSUMERS or empty < thresholds.MOST or full > thresholds.LITTLE:
            continue
        finding = (
            f"Consumers of the queue made at {{place}} have nothing to do: {idle:.1f} of them "
            f"waited for an item in the mean, while {busy.name or 'a thread'} computed."
        )
        advice = "Make producing faster, or share it among processes; fewer consumers would do."
        figures = {"empty": empty, "idle": idle, "producer": computed(busy) / report.elapsed}
        return [Verdict("starved-consumers", empty, finding, advice, figures, queue.origin)]
    return []


def _stage(queue: QueueUse) -> str:
    """The threads that take most of its items."""
    total = sum(taker.items for taker in queue.takers)
    names = [
        taker.name
        for taker in queue.takers
        if taker.name and taker.items >= thresholds.TAKES * total / len(queue.takers)
    ]
    return f" ({families(names)})" if names else ""


def _pipelines(report: Report) -> list[QueueUse]:
    return [
        queue
        for queue in report.usage.queues
        if queue.origin is not None and queue.gets >= thresholds.ITEMS
    ]
