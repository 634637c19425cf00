"""Threads that wait for the GIL, and what they gain or lose by it."""

from __future__ import annotations

from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report


def gil(report: Report) -> Verdict | None:
    """A third of the time a thread had it and others wanted it. Only where that could be seen."""
    seen = report.gil
    if seen is None or seen.looks < thresholds.LOOKS or _is_crowded(report):
        return None
    # Of the whole run: a short crowd limits little.
    contended = seen.contended * seen.observed / report.elapsed
    if contended < thresholds.PART or seen.waiters < thresholds.WAITERS:
        return None
    finding = (
        f"Threads wait for the GIL: for {contended:.0%} of the time one had it while others "
        f"wanted it, {seen.waiters:.1f} in the mean.{_gain(seen.slower)}"
    )
    advice = "Threads cannot make this faster: use processes, or a free-threaded build of Python."
    figures = {
        "held": seen.held,
        "contended": contended,
        "waiters": seen.waiters,
        "slower": seen.slower,
    }
    return Verdict("gil", contended, finding, advice, figures)


def _is_crowded(report: Report) -> bool:
    """Whether most of the time who has the GIL may have had to wait for a processor with it."""
    seen = report.processors
    return seen is not None and seen.crowded * seen.observed >= thresholds.MOST * report.elapsed


def _gain(slower: float | None) -> str:
    """What threads gained, at the most: what handing over costs the processors is not known."""
    if slower is None:
        return ""
    if slower >= thresholds.LITTLE:
        return f" That took at least {slower:.0%} longer than one thread would have taken."
    times = 1 / (1 + slower)
    if times < 1 + thresholds.LITTLE:
        return " One thread would have been as fast."
    return f" They were at most {times:.1f} times as fast as one thread."
