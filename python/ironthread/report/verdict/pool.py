"""Threads that are mostly in input and output, and pools that have too few of them."""

from __future__ import annotations

from ironthread.report.spent import Spent
from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report
    from ironthread.report.usage import PoolUse


def too_few_workers(report: Report) -> Verdict | None:
    """All workers of a pool are in input and output, and calls wait for one."""
    pools = _busy(report)
    elsewhere = _elsewhere(report) if pools else None
    if elsewhere is None:
        return None
    for pool in pools:
        share = pool.saturated / report.elapsed
        if share < thresholds.MOST:
            continue
        finding = (
            f"The pool made at {{place}} has too few workers: all {pool.workers} were busy and "
            f"calls waited for {share:.0%} of the time. They were in input and output, or asleep, "
            f"for {elsewhere:.0%} of theirs."
        )
        advice = f"Give the pool more than {pool.workers} workers, or use asyncio."
        figures = {
            "saturated": share,
            "workers": pool.workers,
            "elsewhere": elsewhere,
            "cpu": report.cpu / report.elapsed,
        }
        return Verdict("too-few-workers", finding, advice, figures, pool.origin)
    return None


def io(report: Report) -> Verdict | None:
    """The workers of a pool are in input and output, and no call waits for one."""
    pools = _busy(report)
    elsewhere = _elsewhere(report) if pools else None
    if elsewhere is None:
        return None
    for pool in pools:
        if pool.saturated > thresholds.LITTLE * report.elapsed:
            continue
        finding = (
            f"Calls of the pool made at {{place}} are in input and output, or asleep, for "
            f"{elsewhere:.0%} of the time. No call waits for a worker for long."
        )
        advice = "It is as fast as what it waits for; only that, or fewer requests, could help."
        figures = {"elsewhere": elsewhere, "utilisation": pool.utilisation}
        figures["cpu"] = report.cpu / report.elapsed
        return Verdict("io", finding, advice, figures, pool.origin)
    return None


def _busy(report: Report) -> list[PoolUse]:
    """The pools whose workers ran calls most of the time, and did not wait for them."""
    return [
        pool
        for pool in report.usage.pools
        if pool.active >= thresholds.MOST * report.elapsed
        and pool.utilisation >= thresholds.MOST
        and pool.ran.count
    ]


def _elsewhere(report: Report) -> float | None:
    """The share of the threads' lives that they were in input and output, if that was most.

    None, too, where they wait for a processor or the GIL.
    """
    if report.cpu > thresholds.IDLE_CPU * report.elapsed:
        return None
    gil = report.gil
    if gil is not None and (gil.contended > thresholds.LITTLE or gil.held > thresholds.IDLE_CPU):
        return None
    threads = [thread for thread in report.threads if not thread.is_main]
    lived = sum(thread.lived for thread in threads)
    share = sum(Spent(thread, report.elapsed).elsewhere for thread in threads) / (lived or 1.0)
    return share if share >= thresholds.ELSEWHERE else None
