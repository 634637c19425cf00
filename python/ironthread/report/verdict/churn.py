"""Threads that do less than their start costs."""

from __future__ import annotations

from ironthread.report.table import duration
from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report


def too_many_threads(report: Report) -> list[Verdict]:
    """Much of the time was waited for threads to begin, each longer than it then worked."""
    started = report.started
    starts = [site for site in report.sites if site.kind == "Thread.start"]
    waits = sum(site.waited.count for site in starts)
    if started < thresholds.CROWD or not waits:
        return []
    # Several may start threads at a time: that takes the program's time once.
    starting = min(sum(site.occupied for site in starts), report.elapsed)
    # A machine that others use makes starts longer, and not what threads then do.
    start = starting / waits * (1.0 - report.processors.stretched if report.processors else 1.0)
    work = _cpu(report) / started
    if starting < thresholds.STARTING * report.elapsed or start < thresholds.CHURN * work:
        return []
    if report.gil is not None and report.gil.waiters >= thresholds.WAITERS:
        return []  # starts are slow for the GIL, too
    share = starting / report.elapsed
    finding = (
        f"{started:,} threads were started, and starting them took {share:.0%} "
        f"of the time. A start took {duration(starting / waits)} in the mean, and what the "
        f"thread then did {duration(work)} of processor time."
    )
    advice = "Use a pool (concurrent.futures.ThreadPoolExecutor): its threads make many calls each."
    figures = {
        "started": started,
        "starting": share,
        "start": starting / waits,
        "work": work,
    }
    # A pool saves that at once: less than half suffices.
    return [Verdict("too-many-threads", max(share, thresholds.MOST), finding, advice, figures)]


def _cpu(report: Report) -> float:
    """The processor time of all threads that were started."""
    listed = sum(thread.cpu or 0.0 for thread in report.threads if not thread.is_main)
    return listed + (report.ended.cpu if report.ended else 0.0)
