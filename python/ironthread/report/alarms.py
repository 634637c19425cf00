"""Sentences on what deserves attention: starved threads and saturated pools."""

from __future__ import annotations

from ironthread.report.names import cut, label
from ironthread.report.table import count, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.spent import Starved
    from ironthread.report.usage import PoolUse

_NAME = 20
# Of the run. A pool that is full for less is busy, and no more.
_SATURATED = 0.01


def starvation(each: Starved) -> str:
    """How long a thread waited, how long its peers, and how often it was overtaken."""
    overtaken = each.thread.overtaken
    times = f", overtaken {count(overtaken)} times" if overtaken > 1 else ""
    peers = f"its {each.peers} peers about {duration(each.median)}"
    name = cut(label(each.thread), _NAME)
    return f"{name} starved: waited {duration(each.waited)}, {peers}{times}"


def is_saturated(pool: PoolUse, elapsed: float) -> bool:
    """Whether calls waited while all workers were busy, for a noticeable part of the run."""
    return pool.saturated_longest > _SATURATED * elapsed


def saturation(pool: PoolUse) -> str:
    """For how long all workers were busy, and how many calls waited meanwhile."""
    workers = "its worker was" if pool.workers == 1 else f"all {pool.workers} workers were"
    calls = "1 call" if pool.saturated_waiting == 1 else f"{count(pool.saturated_waiting)} calls"
    return f"{workers} busy for {duration(pool.saturated_longest)} while {calls} waited"
