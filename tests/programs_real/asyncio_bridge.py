"""An event loop that leans on threads: to_thread, executors, calls from other threads, signals."""

import asyncio
import contextvars
import queue
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

request: contextvars.ContextVar[str] = contextvars.ContextVar("request")


def in_a_thread(number: int) -> tuple[int, str, bool]:
    away = threading.current_thread() is not threading.main_thread()
    return number * number, request.get("none"), away


async def to_threads() -> None:
    request.set("r1")
    found = await asyncio.gather(*(asyncio.to_thread(in_a_thread, n) for n in range(20)))
    print("to_thread", found[-1], all(row[1:] == ("r1", True) for row in found))


async def executors() -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(3, thread_name_prefix="own") as pool:
        meeting = threading.Barrier(3)
        ranks = await asyncio.gather(*(loop.run_in_executor(pool, meeting.wait) for _ in range(3)))
        print("executor", sorted(ranks))
        failing = loop.run_in_executor(pool, lambda: 1 // 0)
        try:
            await failing
        except ZeroDivisionError as error:
            print("error", error)


async def called_from_outside() -> None:
    """A thread of the old kind gives the loop work and waits for it; then feeds it a queue."""
    loop = asyncio.get_running_loop()
    items: asyncio.Queue[int | None] = asyncio.Queue()
    answers: queue.Queue[int] = queue.Queue()

    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return 2 * number

    def outside() -> None:
        for number in range(50):
            future = asyncio.run_coroutine_threadsafe(double(number), loop)
            answers.put(future.result(30))
            loop.call_soon_threadsafe(items.put_nowait, number)
        loop.call_soon_threadsafe(items.put_nowait, None)

    thread = threading.Thread(target=outside, name="outside")
    thread.start()
    total = 0
    while (item := await items.get()) is not None:
        total += item
    await asyncio.to_thread(thread.join)
    print("from outside", total, sum(answers.get() for _ in range(50)))


async def loops_in_threads() -> None:
    def run(number: int) -> int:
        return asyncio.run(asyncio.sleep(0.001, number))

    print("loops", await asyncio.gather(*(asyncio.to_thread(run, number) for number in range(4))))


async def children() -> None:
    """The child is waited for by a thread, or by none: a matter of the platform and version."""
    child = await asyncio.create_subprocess_exec(
        "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate(b"through a child")
    print(out.decode(), child.returncode)


async def signals() -> None:
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, heard.set)
    threading.Thread(target=signal.raise_signal, args=[signal.SIGUSR1], name="raiser").start()
    await asyncio.wait_for(heard.wait(), 30)
    print("heard the signal")


async def main() -> None:
    for part in (to_threads, executors, called_from_outside, loops_in_threads, children, signals):
        await part()


if __name__ == "__main__":
    asyncio.run(main())
