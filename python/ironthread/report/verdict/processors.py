"""More threads that could run than there are processors."""

from __future__ import annotations

from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report
    from ironthread.report.processors import Processors


def processors(report: Report) -> list[Verdict]:
    """The program uses all processors, and half of the time many more threads could run.

    On a machine that is busy with others its threads wait for a processor, too, but it does not
    get all of them.
    """
    seen = report.processors
    if seen is None or not threads_wait_for_one(report):
        return []
    share = seen.observed / report.elapsed
    crowded, runnable = seen.crowded * share, seen.runnable * share
    used = _used(report, seen)
    if used < thresholds.USED:
        return []
    which = f"all {seen.available} processors are" if seen.available > 1 else "its processor is"
    finding = (
        f"The processors are the limit: {which} busy, and {runnable:.1f} threads in the mean could "
        f"run at a time, so that {runnable - used * seen.available:.1f} waited for one."
    )
    advice = (
        f"More than {seen.available} threads that compute gain nothing; each only takes longer."
    )
    figures = {
        "processors": seen.available,
        "used": used,
        "runnable": runnable,
        "crowded": crowded,
    }
    return [Verdict("processors", crowded, finding, advice, figures)]


def processors_are_taken(report: Report) -> bool:
    """Whether threads wait long for a processor because this program, or others, have all of them.

    What waits for the GIL, then, waits for who has it and no processor. Threads that hand it over
    every few microseconds may also be many, where the system has several on one processor, but
    leave others idle.
    """
    seen = report.processors
    if seen is None or not threads_wait_for_one(report):
        return False
    stretched = seen.stretched * seen.observed / report.elapsed
    return _used(report, seen) >= thresholds.USED or stretched >= thresholds.STRETCHED


def _used(report: Report, seen: Processors) -> float:
    return report.cpu / report.elapsed / seen.available


def threads_wait_for_one(report: Report) -> bool:
    """Whether for most of the time so many threads could run that each waited long for a processor.

    Threads that hand the GIL over every few microseconds are one or two more than the processors
    for half of the time, and hardly wait for one.
    """
    seen = report.processors
    if seen is None:
        return False
    share = seen.observed / report.elapsed
    crowd = max(thresholds.CROWDED * seen.available, seen.available + thresholds.WAITERS)
    return seen.crowded * share >= thresholds.MOST and seen.runnable * share >= crowd
