"""Threads that neither compute nor wait for anything of ours."""

from __future__ import annotations

from ironthread.report.spent import Spent
from ironthread.report.verdict import thresholds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ironthread.report.collect import Report, Thread


def elsewhere(report: Report, threads: Sequence[Thread]) -> float | None:
    """The share of these threads' lives that they were in input and output, if that was most.

    None, too, where they wait for a processor or the GIL.
    """
    if report.cpu > thresholds.IDLE_CPU * report.elapsed:
        return None
    gil = report.gil
    if gil is not None and (gil.contended > thresholds.LITTLE or gil.held > thresholds.IDLE_CPU):
        return None
    lived = sum(thread.lived for thread in threads)
    away = sum(Spent(thread, report.elapsed).elsewhere for thread in threads)
    share = (away - _delayed(report)) / (lived or 1.0)
    return share if share >= thresholds.ELSEWHERE else None


def _delayed(report: Report) -> float:
    """The seconds that threads waited for a processor, as far as it was looked at."""
    seen = report.processors
    return 0.0 if seen is None else max(seen.runnable * seen.observed - report.cpu, 0.0)
