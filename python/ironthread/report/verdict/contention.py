"""What threads compete for: the GIL, and locks."""

from __future__ import annotations

from ironthread.report.verdict import thresholds
from ironthread.report.verdict.gil import gil
from ironthread.report.verdict.lock import locks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report
    from ironthread.report.verdict.finding import Verdict


def contention(report: Report) -> list[Verdict]:
    """The GIL and locks, where neither can be the cause of the other.

    Who waits for the GIL with a lock makes others wait for the lock. So beside the GIL counts only
    what was waited for locks while it was not contended.
    """
    waiting, told = locks(report), gil(report)
    if told is None or report.gil is None:
        return waiting
    both = report.gil.blocked * report.gil.observed / report.elapsed
    apart = [lock for lock in waiting if lock.weight - both >= thresholds.PART]
    if apart:
        return [told, *apart]
    return [told] if told.weight >= thresholds.MOST else waiting
