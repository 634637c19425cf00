"""Threads that are mostly in input and output, and pools that have too few of them."""

from __future__ import annotations

from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict
from ironthread.report.verdict.idle import elsewhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report
    from ironthread.report.usage import PoolUse


def too_few_workers(report: Report) -> list[Verdict]:
    """All workers of a pool are in input and output, and calls wait for one."""
    pools = _busy(report)
    away = _elsewhere(report) if pools else None
    if away is None:
        return []
    found: list[Verdict] = []
    for pool in pools:
        share = pool.saturated / report.elapsed
        if share < thresholds.PART:
            continue
        finding = (
            f"The pool made at {{place}} has too few workers: all {pool.workers} were busy and "
            f"calls waited for {share:.0%} of the time. They were in input and output, or asleep, "
            f"for {away:.0%} of theirs."
        )
        advice = f"Give the pool more than {pool.workers} workers, or use asyncio."
        figures = {
            "saturated": share,
            "workers": pool.workers,
            "elsewhere": away,
            "cpu": report.cpu / report.elapsed,
        }
        code = "too-few-workers"
        found.append(Verdict(code, share, finding, advice, figures, pool.origin))
    return found


def io(report: Report) -> list[Verdict]:
    """The workers of a pool are in input and output, and no call waits for one."""
    pools = _busy(report)
    away = _elsewhere(report) if pools else None
    if away is None:
        return []
    for pool in pools:
        if (
            pool.active < thresholds.MOST * report.elapsed
            or pool.saturated > thresholds.LITTLE * report.elapsed
        ):
            continue
        finding = (
            f"Calls of the pool made at {{place}} are in input and output, or asleep, for "
            f"{away:.0%} of the time. No call waits for a worker for long."
        )
        advice = "It is as fast as what it waits for; only that, or fewer requests, could help."
        figures = {"elsewhere": away, "utilisation": pool.utilisation}
        figures["cpu"] = report.cpu / report.elapsed
        return [Verdict("io", away, finding, advice, figures, pool.origin)]
    return []


def _busy(report: Report) -> list[PoolUse]:
    """The pools whose workers ran calls most of the time, and did not wait for them."""
    return [
        pool
        for pool in report.usage.pools
        if pool.active >= thresholds.PART * report.elapsed
        and pool.utilisation >= thresholds.MOST
        and pool.ran.count
    ]


def _elsewhere(report: Report) -> float | None:
    return elsewhere(report, [thread for thread in report.threads if not thread.is_main])
