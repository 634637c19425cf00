"""How locks, queues and pools were used, as a report's data. Times are in seconds."""

from __future__ import annotations

from ironthread.report.waited import Spread, Waited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any


class Blocker:
    """A thread that held a lock when others came to wait for it. No name: many threads."""

    __slots__ = ("ident", "name", "waited")

    def __init__(self, name: str | None, ident: int | None, waited: Waited) -> None:
        self.name: str | None = name
        self.ident: int | None = ident
        self.waited: Waited = waited


class Taker:
    """A thread that took items out of queues, and how many, by samples. No name: many threads."""

    __slots__ = ("items", "name")

    def __init__(self, name: str | None, items: int) -> None:
        self.name: str | None = name
        self.items: int = items


class LockUse:
    """The locks, or semaphores, that a line of the program made."""

    __slots__ = ("acquired", "blockers", "contended", "held", "kind", "objects", "origin", "spread")

    def __init__(
        self,
        kind: str,
        origin: tuple[str, int] | None,
        objects: int,
        acquired: int,
        contended: int,
        held: Waited,
        spread: Spread,
        blockers: Sequence[Blocker] = (),
    ) -> None:
        self.kind: str = kind
        self.origin: tuple[str, int] | None = origin
        self.objects: int = objects
        self.acquired: int = acquired
        self.contended: int = contended
        self.held: Waited = held
        """The holds that were timed."""
        self.spread: Spread = spread
        self.blockers: list[Blocker] = sorted(blockers, key=lambda blocker: -blocker.waited.total)

    @property
    def share(self) -> float:
        """The part of the acquisitions that found the lock taken."""
        return self.contended / self.acquired if self.acquired else 0.0


class QueueUse:
    """The queues that a line of the program made."""

    __slots__ = (
        *("deepest", "empty", "full", "gets", "objects", "origin", "puts", "takers", "typical"),
    )

    def __init__(
        self,
        origin: tuple[str, int] | None,
        objects: int,
        puts: int,
        gets: int,
        deepest: int,
        typical: int,
        full: float,
        empty: float,
        takers: Sequence[Taker] = (),
    ) -> None:
        self.origin = origin
        self.objects = objects
        self.puts = puts
        self.gets = gets
        self.deepest = deepest
        self.typical = typical
        self.full = full
        self.empty = empty
        self.takers: list[Taker] = sorted(takers, key=lambda taker: -taker.items)


class PoolUse:
    """The pools of one name that a line of the program made."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.name: str = row["name"]
        self.origin: tuple[str, int] | None = row["origin"]
        self.pools: int = row["pools"]
        self.workers: int = row["workers"]
        self.submitted: int = row["submitted"]
        self.failed: int = row["failed"]
        self.cancelled: int = row["cancelled"]
        self.deepest: int = row["deepest"]
        self.typical: int = row["typical"]
        self.queued: Waited = Waited.of(row["queued"])
        self.queued_spread: Spread = Spread.of(row["queued"])
        self.ran: Waited = Waited.of(row["ran"])
        self.ran_spread: Spread = Spread.of(row["ran"])
        self.active: float = row["active"]
        """From the first call's submission to the last event."""
        self.utilisation: float = row["busy"] / row["capacity"] if row["capacity"] else 0.0
        self.saturated: float = row["saturated"]
        self.saturated_longest: float = row["saturated_longest"]
        self.saturated_waiting: int = row["saturated_waiting"]

    @property
    def per_second(self) -> float:
        """How many calls ended per second while the pool was active."""
        return self.ran.count / self.active if self.active else 0.0


class Usage:
    """Of one run: the most contended locks, the most used queues and the busiest pools first."""

    def __init__(
        self,
        locks: Sequence[LockUse] = (),
        queues: Sequence[QueueUse] = (),
        pools: Sequence[PoolUse] = (),
    ) -> None:
        self.locks: list[LockUse] = sorted(
            locks, key=lambda lock: (-lock.contended, -lock.acquired)
        )
        self.queues: list[QueueUse] = sorted(queues, key=lambda queue: -queue.puts)
        self.pools: list[PoolUse] = sorted(pools, key=lambda pool: -pool.ran.total)

    @classmethod
    def of(
        cls, snapshot: Mapping[str, Any], thread: Callable[[int], tuple[str, int | None]]
    ) -> Usage:
        """What a snapshot says; `thread` tells name and identifier of a thread by its number."""

        def blocker(row: Mapping[str, Any]) -> Blocker:
            number = row["thread"]
            name, ident = (None, None) if number is None else thread(number)
            return Blocker(name, ident, Waited.of(row))

        locks = [
            LockUse(
                row["kind"],
                row["origin"],
                row["objects"],
                row["acquired"],
                row["contended"],
                Waited.of(row["held"]),
                Spread.of(row["held"]),
                [blocker(each) for each in row["blockers"]],
            )
            for row in snapshot["locks"]
        ]

        def taker(row: Mapping[str, Any]) -> Taker:
            number = row["thread"]
            return Taker(None if number is None else thread(number)[0], row["items"])

        queues = [
            QueueUse(**dict(row, takers=[taker(each) for each in row["takers"]]))
            for row in snapshot["queues"]
        ]
        return cls(locks, queues, [PoolUse(row) for row in snapshot["pools"]])
