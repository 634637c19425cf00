"""Pipelines whose stages do not keep up with each other."""

from __future__ import annotations

from ironthread.report.spent import computed
from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report
    from ironthread.report.usage import QueueUse


def slow_stage(report: Report) -> Verdict | None:
    """A queue that is full half of the time, and never empty when an item is wanted."""
    full = [
        queue
        for queue in _pipelines(report)
        if queue.full >= thresholds.MOST * report.elapsed
        and queue.empty <= thresholds.LITTLE * report.elapsed
    ]
    if not full:
        return None
    # A slow stage fills the queues of all before it: the last of them was given the fewest items.
    queue = min(full, key=lambda queue: queue.puts)
    share = queue.full / report.elapsed
    empty = [other.empty for other in _pipelines(report) if other is not queue]
    after = max(empty, default=0.0) / report.elapsed
    finding = (
        f"The stage that takes from the queue made at {{place}} is too slow: the queue was full, "
        f"and producers waited, for {share:.0%} of the time."
    )
    if after >= thresholds.MOST:
        finding += f" A later queue had consumers waiting for {after:.0%} of it."
    advice = "Give this stage more threads if it waits for input and output, or make it faster."
    figures = {"full": share, "empty": queue.empty / report.elapsed, "others_empty": after}
    return Verdict("slow-stage", finding, advice, figures, queue.origin)


def starved_consumers(report: Report) -> Verdict | None:
    """Several consumers wait while a thread that computes does not keep up with them.

    A producer that waits itself, for input, may have nothing to produce: nothing is said of it.
    """
    waits = {site.origin: site.waited.total for site in report.sites if site.kind == "Queue.get"}
    busy = max(report.threads, key=computed, default=None)
    if busy is None or computed(busy) < thresholds.MOST * report.elapsed:
        return None
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
        return Verdict("starved-consumers", finding, advice, figures, queue.origin)
    return None


def _pipelines(report: Report) -> list[QueueUse]:
    return [
        queue
        for queue in report.usage.queues
        if queue.origin is not None and queue.gets >= thresholds.ITEMS
    ]
