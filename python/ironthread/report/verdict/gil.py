"""Threads that wait for the GIL, and what they gain or lose by it."""

from __future__ import annotations

from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict
from ironthread.report.verdict.processors import processors_are_taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report


def gil(report: Report) -> Verdict | None:
    """A third of the time it was wanted: another had it, or it was handed over. If it was seen."""
    seen = report.gil
    if seen is None or seen.looks < thresholds.LOOKS:
        return None
    if processors_are_taken(report):
        return None
    # Of the whole run: a short crowd limits little.
    part = seen.observed / report.elapsed
    contended, handed = seen.contended * part, seen.handed * part
    wanted = contended + handed
    # Of two threads none waits in the mean, but what handing over takes is lost.
    is_ill = seen.waiters >= thresholds.WAITERS or handed >= thresholds.LITTLE
    if wanted < thresholds.PART or not is_ill:
        return None
    finding = (
        f"Threads wait for the GIL: for {contended:.0%} of the time one had it while others "
        f"wanted it, {seen.waiters:.1f} in the mean.{_cost(handed, seen.slower)}"
    )
    advice = "Threads cannot make this faster: use processes, or a free-threaded build of Python."
    figures = {
        "held": seen.held,
        "contended": contended,
        "handed": handed,
        "waiters": seen.waiters,
        "slower": seen.slower,
    }
    return Verdict("gil", wanted, finding, advice, figures)


def _cost(handed: float, slower: float | None) -> str:
    """What threads lost, at the least, or gained, at the most."""
    if handed >= thresholds.LITTLE:
        # What they gained beside it is not known: this costs the processors as much as work does.
        return f" For {handed:.0%} nobody had it: that is what it takes to hand it over so often."
    if slower is None:
        return ""
    if slower >= thresholds.LITTLE:
        return f" That took at least {slower:.0%} longer than one thread would have taken."
    times = 1 / (1 + slower)
    if times < 1 + thresholds.LITTLE:
        return " One thread would have been as fast, or faster."
    return f" They were at most {times:.1f} times as fast as one thread."
