"""Threads that wait for the GIL."""

from __future__ import annotations

from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report


def gil(report: Report) -> Verdict | None:
    """Half of the time a thread had it and others wanted it. Only where that could be seen."""
    seen = report.gil
    if seen is None or seen.looks < thresholds.LOOKS:
        return None
    # Of the whole run: a short crowd limits little.
    contended = seen.contended * seen.observed / report.elapsed
    if contended < thresholds.MOST or seen.waiters < thresholds.WAITERS:
        return None
    finding = (
        f"Threads wait for the GIL: for {contended:.0%} of the time one had it while others "
        f"wanted it, {seen.waiters:.1f} in the mean."
    )
    advice = "Threads cannot make this faster: use processes, or a free-threaded build of Python."
    figures = {"held": seen.held, "contended": contended, "waiters": seen.waiters}
    return Verdict("gil", finding, advice, figures)
