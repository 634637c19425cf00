"""``asyncio``: a coroutine that has a thread make a call, there and back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

from measure.errand import Errand, Run
from measure.operation import Operation
from measure.side import Side

GROUP = "asyncio"


def _there_and_back(call: Callable[[asyncio.AbstractEventLoop], Awaitable[object]]) -> Run:
    def run(side: Side, count: int) -> float:
        async def main() -> float:
            loop = asyncio.get_running_loop()
            loop.set_default_executor(side.futures.ThreadPoolExecutor(4))
            begin = perf_counter()
            for _ in range(count):
                await call(loop)
            return perf_counter() - begin

        return asyncio.run(main())

    return run


OPERATIONS: tuple[Operation, ...] = (
    Errand(GROUP, "to_thread", _there_and_back(lambda _loop: asyncio.to_thread(int))),
    Errand(GROUP, "run_in_executor", _there_and_back(lambda loop: loop.run_in_executor(None, int))),
)
