"""What limits a program, if the report makes that clear; silence where it does not."""

from __future__ import annotations

from ironthread.report.verdict import churn, gil, lock, pool, queues, thresholds
from ironthread.report.verdict.finding import Verdict

__all__ = ["Verdict", "judge"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report

# What makes others look ill comes first: threads that wait for the GIL, or a lock, are slow stages,
# starved consumers and busy workers too.
_RULES = (
    churn.too_many_threads,
    gil.gil,
    lock.lock,
    queues.slow_stage,
    pool.too_few_workers,
    queues.starved_consumers,
    pool.io,
)


def judge(report: Report) -> list[Verdict]:
    """The first illness that is found, or none."""
    if report.elapsed < thresholds.SHORTEST:
        return []
    found = (rule(report) for rule in _RULES)
    return [verdict for verdict in found if verdict is not None][:1]
