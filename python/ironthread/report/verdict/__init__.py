"""What limits a program, if the report makes that clear; silence where it does not."""

from __future__ import annotations

from ironthread.report.verdict import contention, pool, processors, queues, thresholds
from ironthread.report.verdict.churn import too_many_threads
from ironthread.report.verdict.finding import Verdict
from ironthread.report.verdict.plain_io import plain_io

__all__ = ["Verdict", "judge"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report

# What makes others look ill comes first. Who has the GIL or a lock, but no processor, keeps others
# waiting for it; who waits for those makes a stage slow, consumers starve and workers look busy.
# What one rule finds is independent of each other.
_RULES = (
    too_many_threads,
    processors.processors,
    contention.contention,
    queues.slow_stage,
    pool.too_few_workers,
    queues.starved_consumers,
    pool.io,
    plain_io,
)


def judge(report: Report) -> list[Verdict]:
    """What the first rule finds that finds enough, the weightiest first; or nothing."""
    if report.elapsed < thresholds.SHORTEST:
        return []
    found = (_told(rule(report)) for rule in _RULES)
    return next((verdicts for verdicts in found if verdicts), [])


def _told(verdicts: list[Verdict]) -> list[Verdict]:
    """Those that together go on for half of the time."""
    if sum(verdict.weight for verdict in verdicts) < thresholds.MOST:
        return []
    ordered = sorted(verdicts, key=lambda verdict: -verdict.weight)
    return ordered[: thresholds.TOLD]
