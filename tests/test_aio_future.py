"""`await` of a future of ironthread: real loops, real pools."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any

import pytest
from ironthread import futures
from programs import run_program


def in_pool(main: Any, workers: int = 1) -> Any:
    """What `main(pool)` comes to in a loop of its own."""
    with futures.ThreadPoolExecutor(workers) as pool:
        return asyncio.run(main(pool))


def test_a_coroutine_awaits_a_call_of_a_pool() -> None:
    async def main(pool: futures.ThreadPoolExecutor) -> object:
        return await pool.submit(pow, 2, 5)

    assert in_pool(main) == 32


def test_the_loop_goes_on_while_a_future_is_awaited() -> None:
    async def main(pool: futures.ThreadPoolExecutor) -> object:
        ready = threading.Event()
        call = pool.submit(ready.wait, 30)
        # Were the loop blocked by the await, nobody would set the event.
        asyncio.get_running_loop().call_soon(ready.set)
        return await call

    assert in_pool(main) is True


def test_a_future_that_is_done_can_be_awaited_and_again() -> None:
    async def main() -> object:
        future = futures.Future()
        future.set_result(7)
        return await future, await future

    assert asyncio.run(main()) == (7, 7)


def test_what_the_call_raised_is_raised_by_await() -> None:
    async def main(pool: futures.ThreadPoolExecutor) -> None:
        with pytest.raises(ZeroDivisionError):
            await pool.submit(divmod, 1, 0)

    in_pool(main)


def test_a_cancelled_future_cancels_who_awaits_it() -> None:
    async def main() -> None:
        future = futures.Future()
        future.cancel()
        with pytest.raises(asyncio.CancelledError):
            await future

    asyncio.run(main())


def test_cancelling_the_task_cancels_a_call_that_has_not_begun() -> None:
    async def main(pool: futures.ThreadPoolExecutor) -> None:
        blocked, begun = threading.Event(), threading.Event()

        def block() -> bool:
            begun.set()
            return blocked.wait(30)

        first = pool.submit(block)
        assert await asyncio.to_thread(begun.wait, 30)
        second = pool.submit(int)
        waiting = [asyncio.ensure_future(first), asyncio.ensure_future(second)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(end) for end in ended] == [asyncio.CancelledError] * 2
        assert (first.cancelled(), second.cancelled()) == (False, True)
        blocked.set()
        assert await first is True  # it had begun, and goes on

    in_pool(main)


def test_a_time_limit_cancels_a_call_that_has_not_begun() -> None:
    async def main(pool: futures.ThreadPoolExecutor) -> None:
        blocked = threading.Event()
        first, second = pool.submit(blocked.wait, 30), pool.submit(int)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(second, 0.01)
        assert second.cancelled()
        blocked.set()
        assert await first

    in_pool(main)


def test_asyncio_takes_it_where_it_takes_awaitables() -> None:
    async def main(pool: futures.ThreadPoolExecutor) -> None:
        assert inspect.isawaitable(futures.Future())
        assert not inspect.iscoroutine(futures.Future())
        assert not asyncio.isfuture(futures.Future())
        calls = [pool.submit(pow, 2, n) for n in range(5)]
        assert await asyncio.gather(*calls) == [1, 2, 4, 8, 16]
        assert sorted([await end for end in asyncio.as_completed(calls)]) == [1, 2, 4, 8, 16]
        assert await asyncio.ensure_future(pool.submit(int)) == 0
        assert await asyncio.wrap_future(pool.submit(int)) == 0
        loop = asyncio.get_running_loop()
        # The call's own result, not its future's: run_in_executor awaits but once.
        assert await loop.run_in_executor(pool, int) == 0
        inner: object = await loop.run_in_executor(pool, futures.Future)
        assert isinstance(inner, futures.Future)

    in_pool(main, workers=2)


def test_a_coroutine_of_another_loop_is_awaited_through_its_future() -> None:
    async def main() -> object:
        async def elsewhere() -> int:
            return threading.get_ident()

        other = asyncio.new_event_loop()
        thread = threading.Thread(target=other.run_forever)
        thread.start()
        future: Any = asyncio.run_coroutine_threadsafe(elsewhere(), other)
        found = await asyncio.wrap_future(future)
        other.call_soon_threadsafe(other.stop)
        await asyncio.to_thread(thread.join)
        other.close()
        return found == thread.ident

    assert asyncio.run(main())


def test_without_a_running_loop_the_error_says_what_to_do() -> None:
    future = futures.Future()
    with pytest.raises(RuntimeError, match=r"running asyncio loop; use result\(\)"):
        future.__await__()


def test_asyncio_is_loaded_by_those_who_use_it() -> None:
    run_program("""
        import sys
        import ironthread
        from ironthread import futures
        try:
            futures.Future().__await__()
        except RuntimeError:
            pass
        assert "asyncio" not in sys.modules, "asyncio was imported"
        assert "aio" in dir(ironthread)
        assert ironthread.aio.Queue().qsize() == 0
        assert "asyncio" in sys.modules
    """)
