"""`ironthread.aio.run()`: real processes, ended by real signals."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from concurrent import futures as standard
from typing import Any

import pytest
from crew import Crew
from ironthread import aio, futures
from programs import Outcome, run_program

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")

BEGIN = """
import asyncio, os, signal, sys, threading, time
from ironthread import aio

def kill(number=signal.SIGTERM):
    os.kill(os.getpid(), number)

def kill_soon(number=signal.SIGTERM):
    asyncio.get_running_loop().call_soon(kill, number)

"""


def program(source: str, status: int = 0) -> Outcome:
    return run_program(BEGIN + source, status=status)


def test_sigterm_cancels_main_which_cleans_up_with_loop_and_pool_at_work() -> None:
    ended = program("""
async def main():
    kill_soon()
    try:
        await asyncio.sleep(60)
    finally:
        print("cleaning up", await asyncio.to_thread(pow, 2, 5))

print(aio.run(main()))
print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
""")
    assert ended.out.split("\n") == ["cleaning up 32", "None", "True", ""]
    assert ended.err == ""


def test_what_main_returns_or_raises_after_sigterm_counts() -> None:
    ended = program("""
async def returns():
    kill_soon()
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        return 7

async def raises():
    kill_soon()
    try:
        await asyncio.sleep(60)
    finally:
        raise KeyError("cleanup")

print(aio.run(returns()))
try:
    aio.run(raises())
except KeyError as error:
    print(repr(error))
""")
    assert ended.out == "7\nKeyError('cleanup')\n"


def test_tasks_that_main_leaves_are_cancelled_and_named() -> None:
    ended = program("""
async def write_behind():
    try:
        await asyncio.sleep(60)
    finally:
        print("flushed", await asyncio.to_thread(pow, 2, 5))

async def main():
    task = asyncio.create_task(write_behind(), name="writer")
    await asyncio.sleep(0)
    kill_soon()
    await asyncio.sleep(60)

aio.run(main())
""")
    assert ended.out == "flushed 32\n"
    assert ended.err.startswith("tasks that main left, cancelled: writer in write_behind > sleep (")
    assert len(ended.err.splitlines()) == 1


def test_calls_that_run_are_awaited_and_those_that_have_not_begun_are_cancelled() -> None:
    ended = program("""
from ironthread.futures import ThreadPoolExecutor

begun, finish = threading.Event(), threading.Event()

def run():
    begun.set()
    assert finish.wait(30)
    print("ended")

pool = ThreadPoolExecutor(1)

async def main():
    first = pool.submit(run)
    second = pool.submit(print, "never")
    # When it is cancelled the pool is being shut down.
    second.add_done_callback(lambda second: finish.set())
    while not begun.is_set():
        await asyncio.sleep(0.001)
    kill_soon()
    await asyncio.sleep(60)

aio.run(main(), executor=pool)
try:
    pool.submit(int)
except RuntimeError as error:
    print(error)
""")
    assert ended.out == "ended\ncannot schedule new futures after shutdown\n"
    assert ended.err == ""


def test_a_call_that_does_not_end_in_time_is_named_and_a_second_sigterm_ends_the_program() -> None:
    ended = program(
        """
begun = threading.Event()

def stuck_call():
    begun.set()
    threading.Event().wait()

async def main():
    asyncio.get_running_loop().run_in_executor(None, stuck_call)
    while not begun.is_set():
        await asyncio.sleep(0.001)
    kill_soon()
    await asyncio.sleep(60)

aio.run(main(), grace=0.1)
print("through", flush=True)
kill()
time.sleep(60)
""",
        status=-signal.SIGTERM,
    )
    assert ended.out == "through\n"
    assert "calls that have not ended" in ended.err
    assert "stuck_call at " in ended.err
    assert "thread aio_0" in ended.err


def test_a_main_that_does_not_end_in_time_is_cancelled_again_and_told_where_it_is() -> None:
    ended = program("""
async def slow_cleanup():
    await asyncio.sleep(60)

async def main():
    kill_soon()
    try:
        await asyncio.sleep(60)
    finally:
        await slow_cleanup()

print(aio.run(main(), grace=0.1))
""")
    assert ended.out == "None\n"
    assert "main has not ended within 0.1 s of SIGTERM, and is cancelled once more" in ended.err
    assert ": main > slow_cleanup > sleep (" in ended.err


def test_a_second_sigterm_ends_a_program_whose_loop_is_blocked() -> None:
    program(
        """
async def main():
    kill()
    kill()
    print("still here", flush=True)
    time.sleep(60)

aio.run(main())
""",
        status=-signal.SIGTERM,
    )


def test_sigterm_wakes_a_loop_that_sleeps() -> None:
    ended = program("""
async def main():
    loop = asyncio.get_running_loop()
    threading.Timer(0.2, kill).start()
    await loop.create_future()

print(aio.run(main()))
""")
    assert ended.out == "None\n"


def test_time_limits_and_task_groups_of_main_see_a_cancellation_from_outside() -> None:
    ended = program("""
async def child():
    try:
        await asyncio.sleep(60)
    finally:
        print("child ends")

async def main():
    kill_soon()
    async with asyncio.timeout(50):
        async with asyncio.TaskGroup() as group:
            group.create_task(child())

print(aio.run(main()))
""")
    assert ended.out == "child ends\nNone\n"
    assert ended.err == ""


def test_ctrl_c_ends_as_gracefully_with_keyboard_interrupt() -> None:
    ended = program("""
async def main():
    kill_soon(signal.SIGINT)
    try:
        await asyncio.sleep(60)
    finally:
        print("cleaning up", await asyncio.to_thread(pow, 2, 5))

try:
    aio.run(main())
except KeyboardInterrupt:
    print("interrupted")
""")
    assert ended.out == "cleaning up 32\ninterrupted\n"


def test_a_handler_of_the_program_is_left_alone() -> None:
    ended = program("""
def handler(number, frame):
    print("the program's own")

signal.signal(signal.SIGTERM, handler)

async def main():
    kill_soon()
    await asyncio.sleep(0.01)
    return "by itself"

print(aio.run(main()))
assert signal.getsignal(signal.SIGTERM) is handler
""")
    assert ended.out == "the program's own\nby itself\n"


def test_a_handler_set_by_main_takes_the_place() -> None:
    ended = program("""
async def main():
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    kill_soon()
    await told.wait()
    return "told"

print(aio.run(main()))
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
""")
    assert ended.out == "told\n"


def test_main_that_ends_by_itself_ends_as_in_asyncio_run() -> None:
    calls: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> str:
        loop = asyncio.get_running_loop()
        loops.append(loop)
        for _ in range(5):
            loop.run_in_executor(None, lambda: calls.append(threading.current_thread().name))
        return "through"

    pool = futures.ThreadPoolExecutor(1, thread_name_prefix="given")
    assert aio.run(main(), executor=pool, debug=True) == "through"
    assert calls == ["given_0"] * 5
    assert loops[0].is_closed()
    with pytest.raises(RuntimeError):
        pool.submit(int)


def test_it_takes_the_standard_pool_and_makes_one_of_ours() -> None:
    async def main() -> Any:
        return asyncio.get_running_loop()._default_executor  # type: ignore[attr-defined]

    pool = standard.ThreadPoolExecutor(1)
    assert aio.run(main(), executor=pool) is pool
    assert type(aio.run(main())) is futures.ThreadPoolExecutor


def test_what_main_raises_is_raised() -> None:
    async def main() -> None:
        raise KeyError("main")

    with pytest.raises(KeyError, match="main"):
        aio.run(main())


def test_in_another_thread_it_leaves_signals_alone() -> None:
    async def main() -> Any:
        return signal.getsignal(signal.SIGTERM)

    with Crew() as crew:
        assert crew.start(aio.run, main()).result() is signal.SIG_DFL


def test_it_refuses_to_run_inside_of_a_loop_and_without_patience() -> None:
    async def inner() -> None: ...

    async def main() -> None:
        aio.run(inner())

    with pytest.raises(RuntimeError, match="cannot be called from a running event loop"):
        aio.run(main())
    for grace in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="'grace' must be a non-negative number"):
            aio.run(inner(), grace=grace)
    with pytest.raises(TypeError):
        aio.run(inner(), executor=object())


def test_it_says_what_it_runs_instead_of_a_function_that_was_not_called() -> None:
    async def main() -> None: ...

    odd: Any
    for odd in (main, 5, iter([])):
        with pytest.raises(TypeError, match=r"main must be a coroutine, such as main\(\), not"):
            aio.run(odd)


def test_sigterm_after_main_has_ended_begins_the_time_of_grace() -> None:
    ended = program("""
from ironthread.futures import ThreadPoolExecutor

finish = threading.Event()

def call():
    assert finish.wait(30)
    os.write(1, b"call ended\\n")

async def task():
    try:
        await asyncio.sleep(60)
    finally:
        kill()  # main has ended, and its tasks are being ended
        print("task cleaned up", await asyncio.to_thread(pow, 2, 5), flush=True)
        finish.set()

async def generate():
    try:
        yield 1
    finally:
        await asyncio.sleep(0)
        os.write(1, b"generator closed\\n")

async def main():
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, call)
    global kept
    kept = asyncio.create_task(task()), generate()
    await anext(kept[1])
    await asyncio.sleep(0)
    return 7

print(aio.run(main()))
""")
    first, *middle, last = ended.out.splitlines()
    assert (first, last) == ("task cleaned up 32", "7")
    assert sorted(middle) == ["call ended", "generator closed"]


def test_when_main_ends_by_itself_calls_that_wait_for_a_worker_are_made() -> None:
    ended = program("""
from ironthread.futures import ThreadPoolExecutor

async def main():
    loop = asyncio.get_running_loop()
    for number in range(3):
        loop.run_in_executor(None, print, number)

aio.run(main(), executor=ThreadPoolExecutor(1))
""")
    assert ended.out == "0\n1\n2\n"
    assert ended.err == ""


def test_what_a_task_raises_at_the_end_is_told() -> None:
    ended = program("""
async def task():
    try:
        await asyncio.sleep(60)
    finally:
        raise LookupError("in the end")

async def main():
    global kept
    kept = asyncio.create_task(task())
    await asyncio.sleep(0)

aio.run(main())
""")
    assert "unhandled exception at the end of aio.run()" in ended.err
    assert "LookupError: in the end" in ended.err


def test_a_task_that_swallows_its_cancellation_does_not_keep_the_program() -> None:
    ended = program("""
async def task():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

async def main():
    global kept
    kept = asyncio.create_task(task(), name="stubborn")
    await asyncio.sleep(0)
    kill_soon()
    await asyncio.sleep(60)

print(aio.run(main(), grace=0.0))
""")
    assert ended.out == "None\n"
    assert "tasks that have not ended by their cancellation: stubborn in task" in ended.err


@pytest.mark.parametrize("signals", ["SIGINT, SIGTERM", "SIGTERM, SIGINT"])
def test_ctrl_c_counts_before_and_after_sigterm(signals: str) -> None:
    ended = program(f"""
async def main():
    first, second = signal.{signals.replace(", ", ", signal.")}
    kill_soon(first)
    try:
        await asyncio.sleep(60)
    finally:
        kill_soon(second)
        try:
            await asyncio.sleep(0.05)
            print("cleaned up")
        except asyncio.CancelledError:
            print("cut short")
            raise

try:
    aio.run(main())
except KeyboardInterrupt:
    print("interrupted")
""")
    # SIGTERM does not cut short what Ctrl-C has begun; Ctrl-C is of somebody who is in a hurry.
    clean = "cleaned up" if signals.startswith("SIGINT") else "cut short"
    assert ended.out == f"{clean}\ninterrupted\n"


STUBBORN = """
import gc

async def main():
    kill_soon(signal.{signal})
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            {then}
            print("no", flush=True)
"""


def test_a_main_that_swallows_its_cancellations_is_left_behind_and_named() -> None:
    ended = program(
        STUBBORN.format(signal="SIGTERM", then="pass")
        + """
async def other():
    try:
        await asyncio.sleep(60)
    finally:
        print("other ends", await asyncio.to_thread(pow, 2, 5))

async def both():
    kept = asyncio.create_task(other())
    await main()

print(aio.run(both(), grace=0.1))
print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
gc.collect()
"""
    )
    assert ended.out.split("\n") == ["no", "no", "other ends 32", "None", "True", ""]
    warnings = ended.err.split("\n")
    assert "main has not ended within 0.1 s of SIGTERM" in warnings[0]
    assert (
        "main has not ended by its cancellation, left behind: both > main > sleep (" in warnings[1]
    )
    assert "tasks that main left, cancelled: Task-2 in other > sleep (" in warnings[2]
    assert warnings[3:] == [""]


def test_a_second_sigterm_ends_the_program_while_main_swallows_its_cancellations() -> None:
    program(
        STUBBORN.format(signal="SIGTERM", then="kill_soon()") + "aio.run(main())",
        status=-signal.SIGTERM,
    )


def test_ctrl_c_before_sigterm_counts_when_main_is_left_behind() -> None:
    ended = program(
        STUBBORN.format(signal="SIGINT", then="aimed or kill_soon(); aimed.append(1)")
        + """
aimed = []
try:
    aio.run(main(), grace=0.1)
except KeyboardInterrupt:
    print("interrupted")
"""
    )
    assert ended.out == "no\nno\ninterrupted\n"


def test_of_many_tasks_that_main_leaves_ten_are_named() -> None:
    ended = program("""
async def main():
    kept = [asyncio.create_task(asyncio.sleep(60), name=f"task {n:02}") for n in range(25)]
    kill_soon()
    await asyncio.sleep(60)

aio.run(main())
""")
    assert ended.err.count("task ") == 10
    assert ended.err.rstrip().endswith(", and 15 more")
