"""`Future`, `wait()` and `as_completed()`: beside the standard library's, mixed with them, by themselves."""

from __future__ import annotations

import asyncio
import concurrent.futures as standard
import gc
import logging
import random
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from against_standard import OURS, STANDARD, assert_same
from crew import Crew, until
from ironthread import futures as ours
from programs import run_program

for names, module in ((STANDARD, standard), (OURS, ours)):
    for name in ("Future", "CancelledError", "InvalidStateError", "wait", "as_completed"):
        names[name] = getattr(module, name)

DONE = "f = Future(); f.set_result(7); "
RAISED = "f = Future(); f.set_exception(KeyError('k')); "
CANCELLED = "f = Future(); f.cancel(); "
NOTICED = f"{CANCELLED}f.set_running_or_notify_cancel(); "
RUNNING = "f = Future(); f.set_running_or_notify_cancel(); "
STATES = ["f = Future(); ", RUNNING, DONE, RAISED, CANCELLED, NOTICED]

QUESTIONS = [
    *("f.done()", "f.running()", "f.cancelled()", "f.cancel()", "f._state", "repr(f)"),
    *("f.result(0)", "f.exception(0)", "f.result(timeout=0)", "f.result(-1)"),
    *("f.set_result(1)", "f.set_exception(ValueError())", "f.set_result(1); f.result(0)"),
    "f.cancel(); f.done()",
    "f.cancel(); repr(f)",
    "f._result",
    "type(f._exception).__name__",
    "len(f._waiters)",
    "with_ = f._condition.__enter__(); f._condition.__exit__(None, None, None); with_",
    "calls = []; f.add_done_callback(lambda g: calls.append(g is f)); calls",
    "sorted(map(len, wait([f], 0)))",
    "sorted(map(len, wait([f], 0, 'FIRST_COMPLETED')))",
    "sorted(map(len, wait([f], 0, 'FIRST_EXCEPTION')))",
    "[g is f for g in as_completed([f, f], 0)]",
]
SAME = [
    *(state + question for state in STATES for question in QUESTIONS),
    f"{NOTICED}f.set_running_or_notify_cancel()",
    "Future(1)",
    "Future().set_result()",
    "Future().set_result(1, 2)",
    "f = Future(); f.set_result(result=3); f.result()",
    "f = Future(); f._result = 1; f.set_result(2); f.result()",
    "f = Future(); f.cancel(); f._state = 'PENDING'; f.set_result(2); f.result()",
    "[name in vars(Future) for name in ('done', 'result', 'set_result')]",
    "Future().add_done_callback()",
    "Future().result('x')",
    "Future()._waiters",
    "f = Future(); f._state = 'RUNNING'; f.running()",
    "f = Future(); f._state = 'FINISHED'; f._exception = None; f._result = 3; f.result()",
    "f = Future(); f._state = 'FINISHED'; f._exception = OSError('x'); f.result()",
    "f = Future(); f.x = 5; f.x",
    "f = Future(); weakref.ref(f)() is f",
    "f = Future(); hash(f) == hash(f)",
    "Future() == Future()",
    "wait([])",
    "list(as_completed([]))",
    "wait([Future()], 0, 'SOMETIME')",
    "Future.__name__",
    "Future.__module__",
    "repr(Future[int])",
    "C = type('C', (Future,), {'__init__': lambda self, a: Future.__init__(self)}); C(1).done()",
]


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1)
    assert_same(code)


def test_it_is_an_instance_of_the_standard_class() -> None:
    assert isinstance(ours.Future(), standard.Future)


def test_an_error_is_raised_as_it_is_and_keeps_nothing_alive() -> None:
    class Mine(Exception):
        pass

    future, error = ours.Future(), Mine("mine")
    future.set_exception(error)
    for _ in range(2):
        with pytest.raises(Mine) as caught:
            future.result()
        assert caught.value is error
    assert future.exception() is error
    gone = weakref.ref(error)
    del error, future, caught
    gc.collect()
    assert gone() is None


def test_callbacks_are_called_in_their_order_and_what_they_raise_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: list[tuple[str, bool]] = []
    future = ours.Future()

    def call(name: str, *, fail: bool = False) -> Callable[[Any], None]:
        def callback(it: Any) -> None:
            calls.append((name, it is future and it.done()))
            if fail:
                raise ArithmeticError(name)

        return callback

    future.add_done_callback(call("first", fail=True))
    future.add_done_callback(call("second"))
    assert calls == []
    future.set_result(None)
    future.add_done_callback(call("third", fail=True))
    assert calls == [("first", True), ("second", True), ("third", True)]
    assert [record.name for record in caplog.records] == ["concurrent.futures"] * 2
    assert all("exception calling callback for <Future at" in text for text in caplog.messages)
    # Not the standard library's to swallow, nor ours.
    failing = ours.Future()
    failing.add_done_callback(lambda _: (_ for _ in ()).throw(SystemExit(3)))
    with pytest.raises(SystemExit):
        failing.set_result(None)


@pytest.mark.parametrize("end", ["set_result", "set_exception", "cancel"])
def test_everybody_who_waits_for_the_result_gets_it(end: str) -> None:
    future = ours.Future()
    with Crew() as crew:
        members = [crew.start(future.exception).until_asleep("Future") for _ in range(3)]
        if end == "cancel":
            future.cancel()
            for member in members:
                with pytest.raises(ours.CancelledError):
                    member.result()
            crew.dismiss(members)
            return
        error = KeyError() if end == "set_exception" else None
        getattr(future, end)(error)
        assert [member.result() for member in members] == [error] * 3


MIXES = [
    (ours.Future, ours.Future),
    (ours.Future, standard.Future),
    (standard.Future, standard.Future),
]


@pytest.mark.parametrize("kinds", MIXES)
@pytest.mark.parametrize("module", [ours, standard])
def test_both_waits_take_futures_of_both_kinds(module: Any, kinds: tuple[Any, Any]) -> None:
    first, second = (kind() for kind in kinds)
    with Crew() as crew:
        waiting = crew.start(module.wait, [first, second])
        completing = crew.start(lambda: list(module.as_completed([first, second])))
        eager = crew.start(module.wait, [first, second], None, module.FIRST_COMPLETED)
        for member in (waiting, completing, eager):
            if module is ours:
                member.until_asleep("Queue.get")
        if module is standard:  # which waits at a door of its own
            until(lambda: len(first._waiters) == 3)
        second.set_result(2)
        assert eager.result() == ({second}, {first})
        first.set_exception(KeyError())
        assert waiting.result() == ({first, second}, set())
        assert completing.result() == [second, first]
    # Nobody is left behind in the futures.
    if kinds[0] is standard.Future:
        assert first._waiters == []


class Told:
    """Who is told of ends, as one of `_waiters`."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, str]] = []

    def __getattr__(self, name: str) -> Callable[[Any], None]:
        return lambda future: self.ends.append((name, future._state))


ENDS: dict[str, tuple[list[Callable[[Any], object]], str, tuple[str, str] | None]] = {
    "result": ([lambda f: f.set_result(1)], "PENDING", ("add_result", "FINISHED")),
    "exception": ([lambda f: f.set_exception(OSError())], "PENDING", ("add_exception", "FINISHED")),
    "cancel": ([lambda f: f.cancel()], "PENDING", None),
    "notice": (
        [lambda f: f.cancel(), lambda f: f.set_running_or_notify_cancel()],
        "CANCELLED",
        ("add_cancelled", "CANCELLED_AND_NOTIFIED"),
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_whoever_holds_the_condition_sees_no_end_come(end: str) -> None:
    steps, before, told = ENDS[end]
    future, waiter = ours.Future(), Told()
    for step in steps[:-1]:
        step(future)
    with Crew() as crew:
        with future._condition:
            member = crew.start(steps[-1], future).until_asleep("RLock")
            assert future._state == before
            future._waiters.append(waiter)  # type: ignore[arg-type]
        member.result()
    assert waiter.ends == ([] if told is None else [told])
    assert future._state != before


@pytest.mark.parametrize("end", ENDS)
def test_the_one_who_ends_it_may_hold_the_condition_and_its_callbacks_may_wait(end: str) -> None:
    steps, _, told = ENDS[end]
    future, waiter = ours.Future(), Told()
    seen: list[bool] = []

    def look(it: Any) -> None:
        seen.append(it.done())
        standard.wait([it], timeout=0.01)

    future.add_done_callback(look)
    with future._condition:
        future._waiters.append(waiter)  # type: ignore[arg-type]
        for step in steps:
            step(future)
    assert waiter.ends == ([] if told is None else [told])
    assert seen == [True]


def test_a_wait_lets_the_condition_go_if_it_is_held() -> None:
    future = ours.Future()

    def waits(timeout: float | None = None) -> Any:
        with future._condition, future._condition:
            return future.result(timeout)

    with pytest.raises(TimeoutError):
        waits(0.01)
    with Crew() as crew:
        member = crew.start(waits).until_asleep("Condition")
        future.set_result(7)
        assert member.result() == 7


class TwistedError(Exception):
    """Raised by calls on purpose."""


@pytest.fixture(name="quick_switches")
def switch_quickly() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("quick_switches")
@pytest.mark.parametrize("function", ["wait", "as_completed"])
@pytest.mark.parametrize("end", ["result", "exception", "cancel"])
def test_the_standard_functions_see_each_end_once(function: str, end: str, long: bool) -> None:
    def call() -> None:
        sum(range(300))
        if end == "exception":
            raise TwistedError

    rng = random.Random(1)
    with ours.ThreadPoolExecutor(8) as pool:
        until_over = time.monotonic() + (10 if long else 1)
        while time.monotonic() < until_over:
            futures = [pool.submit(call) for _ in range(100)]
            if end == "cancel":
                for future in rng.sample(futures, 40):
                    future.cancel()
            if function == "wait":
                assert standard.wait(futures, 60).not_done == set()
            else:
                completed = list(standard.as_completed(futures, 60))
                assert len(completed) == len(set(completed)) == len(futures)
            assert all(future._waiters == [] for future in futures)


def test_a_wait_for_the_first_exception_ends_with_it() -> None:
    fine, bad, never = ours.Future(), ours.Future(), ours.Future()
    with Crew() as crew:
        member = crew.start(ours.wait, [fine, bad, never], None, ours.FIRST_EXCEPTION)
        member.until_asleep()
        fine.set_result(1)
        member.until_asleep()
        bad.set_exception(KeyError())
        assert member.result() == ({fine, bad}, {never})


def test_time_limits_say_what_is_left() -> None:
    done, never = ours.Future(), ours.Future()
    done.set_result(1)
    assert ours.wait([done, never], 0.01) == ({done}, {never})
    completing = ours.as_completed([done, never], 0.01)
    assert next(completing) is done
    with pytest.raises(TimeoutError, match=r"1 \(of 2\) futures unfinished"):
        next(completing)


def test_what_was_yielded_is_not_kept() -> None:
    futures = [ours.Future() for _ in range(3)]
    for future in futures:
        future.set_result(None)
    del future
    references = [weakref.ref(future) for future in futures]
    completing = ours.as_completed(futures)
    del futures
    for _ in range(3):
        future = next(completing)
        reference = weakref.ref(future)
        del future
        assert reference() is None
    assert [reference() for reference in references] == [None] * 3


def test_asyncio_awaits_it() -> None:
    async def main() -> list[Any]:
        future, failing, cancelled = ours.Future(), ours.Future(), ours.Future()
        waits: list[Any] = [asyncio.wrap_future(each) for each in (future, failing, cancelled)]
        threading.Thread(target=future.set_result, args=(5,)).start()
        threading.Thread(target=failing.set_exception, args=(KeyError("k"),)).start()
        threading.Thread(target=cancelled.cancel).start()
        return await asyncio.gather(*waits, return_exceptions=True)

    value, error, cancelled = asyncio.run(main())
    assert value == 5
    assert isinstance(error, KeyError)
    assert isinstance(cancelled, asyncio.CancelledError)


def test_cycles_through_it_are_collected() -> None:
    def by_callback(future: Any) -> None:
        future.add_done_callback(lambda _: future)

    def by_result(future: Any) -> None:
        future.set_result((future,))

    def by_attribute(future: Any) -> None:
        future.own = future

    for tie in (by_callback, by_result, by_attribute):
        future = ours.Future()
        tie(future)
        gone = weakref.ref(future)
        del future
        gc.collect()
        assert gone() is None


def test_of_many_threads_that_end_it_one_does() -> None:
    for _ in range(100):
        future: Any = ours.Future()
        calls: list[Any] = []
        future.add_done_callback(calls.append)
        outcomes: list[str] = []
        start = threading.Barrier(4)

        def end(
            step: Callable[[], object], start: Any = start, outcomes: list[str] = outcomes
        ) -> None:
            start.wait()
            try:
                if step() is not False:
                    outcomes.append("ended")
            except ours.InvalidStateError:
                pass

        with Crew() as crew:
            crew.start(end, partial(future.set_result, 1))
            crew.start(end, partial(future.set_exception, KeyError()))
            crew.start(end, future.cancel)
            crew.start(start.wait)
        assert outcomes == ["ended"]
        assert calls == [future]


def test_a_signal_interrupts_the_wait_for_a_result() -> None:
    run_program("""
        import signal, threading
        from crew import Crew, until_asleep
        from ironthread.futures import Future, wait, as_completed

        class Stop(Exception): pass
        def handler(number, frame): raise Stop
        signal.signal(signal.SIGUSR1, handler)
        main, future = threading.main_thread(), Future()
        for step in (future.result, lambda: wait([future]), lambda: list(as_completed([future]))):
            with Crew() as crew:
                crew.start(lambda: (until_asleep(main), signal.pthread_kill(main.ident, signal.SIGUSR1)))
                try:
                    step()
                except Stop:
                    pass
                else:
                    raise AssertionError("the wait came to its end")
        future.set_result(3)
        assert future.result() == 3
    """)


def test_a_future_is_made_by_what_the_program_gives_its_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[ours.Future] = []

    def noting(future: ours.Future) -> None:
        made.append(future)

    monkeypatch.setattr(ours.Future, "__init__", noting)
    one = ours.Future()
    assert made == [one]
    with ours.ThreadPoolExecutor(1) as pool:
        calls = [pool.submit(int) for _ in range(3)]
    assert made == [one, *calls]
    monkeypatch.undo()
    assert ours.Future() not in made
