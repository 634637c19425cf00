"""The sections of the text on locks, queues and pools."""
# ruff: noqa: RUF001 (the multiplication sign is meant)

from __future__ import annotations

from ironthread.report.alarms import is_saturated, saturation
from ironthread.report.names import cut
from ironthread.report.place import place
from ironthread.report.table import count, duration, fitted, percent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ironthread.report.colour import Paint
    from ironthread.report.usage import LockUse, PoolUse, QueueUse, Usage

_ROWS = 5
_NAME = 14
_LABEL = 14


class Page:
    """What the sections have in common."""

    def __init__(self, directory: str, width: int, elapsed: float, paint: Paint) -> None:
        self.directory = directory
        self.width = width
        self.elapsed = elapsed
        self.paint = paint

    def table(
        self,
        header: list[str],
        rows: list[list[str]],
        left: int,
        narrow: int,
        origins: Sequence[tuple[str, int] | None],
    ) -> list[str]:
        """A table with a column for the places of `origins`."""

        def fit(row: int, room: int) -> str:
            return place(origins[row], self.directory, room)

        return self.paint.table(fitted(header, rows, left, narrow, fit, self.width))


def sections(usage: Usage, page: Page) -> list[list[str]]:
    """The sections that have something to say."""
    # A pool's own locks and queue stand with the pool.
    pools = {pool.origin for pool in usage.pools}
    locks = [lock for lock in usage.locks if lock.contended and lock.origin not in pools]
    queues = [queue for queue in usage.queues if queue.puts and queue.origin not in pools]
    worked = [pool for pool in usage.pools if pool.submitted]
    return [_locks(locks, page), _queues(queues, page), _pools(worked, page)]


def _more(hidden: Sequence[object]) -> list[str]:
    return [f"… and {len(hidden)} more"] if hidden else []


def _locks(locks: list[LockUse], page: Page) -> list[str]:
    if not locks:
        return []
    shown = locks[:_ROWS]
    header = ["lock", "made at", "acquired", "contended", "held p50", "p99", "mostly by"]
    text = page.table(
        header,
        [_lock(lock) for lock in shown],
        left=2,
        narrow=1,
        origins=[lock.origin for lock in shown],
    )
    text += _more(locks[_ROWS:])
    if any(lock.held.count for lock in shown):
        text.append(page.paint.note("(held: of one hold in 64; by: who held it as others came)"))
    return text


def _lock(lock: LockUse) -> list[str]:
    timed = bool(lock.held.count)
    return [
        lock.kind,
        "",
        count(lock.acquired),
        percent(lock.share),
        duration(lock.spread.p50) if timed else "-",
        duration(lock.spread.p99) if timed else "-",
        _mostly_by(lock),
    ]


def _mostly_by(lock: LockUse) -> str:
    total = sum(blocker.waited.total for blocker in lock.blockers)
    named = [blocker for blocker in lock.blockers if blocker.name is not None]
    if not named or not total:
        return "-"
    share = percent(named[0].waited.total / total)
    return f"{cut(named[0].name or '?', _NAME)} {share}"


def _queues(queues: list[QueueUse], page: Page) -> list[str]:
    if not queues:
        return []
    shown = queues[:_ROWS]
    header = ["queue made at", "puts", "gets", "deepest", "typical", "full", "empty"]
    rows = [
        [
            "",
            count(queue.puts),
            count(queue.gets),
            count(queue.deepest),
            count(queue.typical),
            duration(queue.full) if queue.full else "-",
            duration(queue.empty) if queue.empty else "-",
        ]
        for queue in shown
    ]
    text = page.table(header, rows, left=1, narrow=0, origins=[queue.origin for queue in shown])
    text += _more(queues[_ROWS:])
    note = "(full: producers were held back; empty: consumers waited for items)"
    return [*text, page.paint.note(note)]


def _pools(pools: list[PoolUse], page: Page) -> list[str]:
    if not pools:
        return []
    shown = pools[:_ROWS]
    header = ["pool", "made at", "calls", "errors", "busy", "wait p95", "run p50", "p95", "p99"]
    text = page.table(
        header,
        [_pool(pool) for pool in shown],
        left=2,
        narrow=1,
        origins=[pool.origin for pool in shown],
    )
    text += _more(pools[_ROWS:])
    for pool in shown:
        text.append(cut(f"{_label(pool)}: {_rate(pool)}", page.width))
        if is_saturated(pool, page.elapsed):
            text.append(page.paint.alarm(f"  {saturation(pool)}"))
    return text


def _label(pool: PoolUse) -> str:
    workers = f" × {pool.workers}"
    return cut(pool.name or "pool", _LABEL - len(workers)) + workers


def _pool(pool: PoolUse) -> list[str]:
    return [
        _label(pool),
        "",
        count(pool.ran.count),
        count(pool.failed),
        percent(pool.utilisation),
        duration(pool.queued_spread.p95),
        duration(pool.ran_spread.p50),
        duration(pool.ran_spread.p95),
        duration(pool.ran_spread.p99),
    ]


def _rate(pool: PoolUse) -> str:
    pools = f"{pool.pools} pools, " if pool.pools > 1 else ""
    return (
        f"{pools}{pool.per_second:,.1f} calls/s, longest {duration(pool.ran.longest)}, "
        f"{count(pool.deepest)} waited at most"
    )
