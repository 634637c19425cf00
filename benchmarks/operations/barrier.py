"""``threading.Barrier``: of one party, and rounds of four threads."""

from __future__ import annotations

from collections.abc import Sequence

from measure.crew import Body, Crew
from measure.loop import Loop
from measure.operation import Operation
from measure.side import Side

GROUP = "Barrier"
PARTIES = 4


def _meet(side: Side, count: int) -> Sequence[Body]:
    barrier = side.threading.Barrier(PARTIES)

    def body() -> None:
        for _ in range(count):
            barrier.wait()

    return [body] * PARTIES


OPERATIONS: tuple[Operation, ...] = (
    Loop(GROUP, "wait, one party", "barrier.wait()", "barrier = threading.Barrier(1)"),
    Crew(GROUP, "4 threads meet", _meet),
)
