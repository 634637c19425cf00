"""`Timer`, beside the standard library's and by itself: many wait on one thread."""

from __future__ import annotations

import contextvars
import os
import sys
import threading as standard
import time
import weakref
from typing import Any

import pytest
from against_standard import assert_same
from crew import Crew, until
from ironthread.threading import Event, Timer
from programs import run_program
from python_process import python

FAR = 1000.0
NEVER = "t = Timer(1000, int); t.start(); "
CANCELLED = f"{NEVER}t.cancel(); t.join(); "

SAME = [
    "Timer()",
    "Timer(1)",
    "Timer(5, int).interval",
    "Timer(5, int).function",
    "t = Timer(0, int); t.start(); t.join(); t.__init__(0, int); t.start(); t.join()",
    "Timer(5, int).args",
    "Timer(5, int).kwargs",
    "Timer(5, int, (1,), {'a': 2}).args",
    "Timer(5, int, (1,), {'a': 2}).kwargs",
    "Timer(interval=5, function=int, args=None, kwargs=None).args",
    "Timer(5, int).finished.is_set()",
    "Timer(5, int).is_alive()",
    "Timer(5, int).daemon",
    "Timer(5, int).cancel()",
    "t = Timer(5, int); t.cancel(); t.finished.is_set()",
    "t = Timer(5, int); t.cancel(); t.start(); t.join(); t.is_alive()",
    "Timer(5, int).join()",
    f"{CANCELLED}t.is_alive()",
    f"{CANCELLED}t.finished.is_set()",
    f"{CANCELLED}t.cancel()",
    f"{CANCELLED}t.start()",
    f"{CANCELLED}t.join(0)",
    f"{CANCELLED}t.finished.wait(0)",
    "t = Timer(1000, int); t.name = 'n'; t.start(); t.cancel(); t.join(); repr(t)[:17]",
    f"{NEVER}r = t.is_alive(), t.finished.is_set(), t.join(0.001); t.cancel(); t.join(); r",
    f"{NEVER}t.finished.set(); t.join(); t.is_alive()",
    "f = []; t = Timer(0.001, f.append, [3]); t.start(); t.join(); (f, t.finished.is_set())",
    "f = []; t = Timer(0, f.append, [3]); t.start(); t.join(); (f, t.finished.is_set())",
    "f = []; t = Timer(-1, f.append, [3]); t.start(); t.join(); (f, t.finished.is_set())",
    "f = []; t = Timer(0.001, f.append, [3]); t.run(); (f, t.finished.is_set(), t.is_alive())",
    "f = {}; t = Timer(0.001, f.update, None, {'a': 1}); t.start(); t.join(); f['a']",
    "f = []; t = Timer(float('nan'), f.append, [3]); t.cancel(); t.run(); f",
    "t = Timer(0.001, int); t.start(); t.join(); t.ident is not None",
    "C = type('C', (Timer,), {'__init__': lambda self: None}); C().start()",
    "signature(Timer)",
    "signature(Timer.cancel)",
    "Timer.__name__",
    "Timer.__qualname__",
    "Timer.__module__",
]


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


def test_the_function_runs_in_the_timer_when_its_time_has_come() -> None:
    found: list[Any] = []
    began = time.monotonic()

    def note() -> None:
        found.extend([standard.current_thread(), time.monotonic() - began])

    timer = Timer(0.05, note)
    timer.start()
    assert timer.is_alive()
    assert timer in standard.enumerate()
    assert timer.ident is None
    timer.join()
    thread, waited = found
    assert thread is timer
    assert timer.ident is not None
    assert 0.05 <= waited < 5
    assert not timer.is_alive()
    assert timer not in standard.enumerate()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_interval_that_is_no_number_is_refused_in_the_thread_as_events_refuse_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(standard, "excepthook", told.append)
    found: list[int] = []
    timer = Timer(float("nan"), found.append, [3])
    timer.start()
    timer.join()
    (error,) = told
    assert (error.thread, str(error.exc_value)) == (timer, "Invalid value NaN (not a number)")
    assert found == []


def os_threads() -> int:
    return len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1


def test_thousands_wait_on_one_thread_and_leave_none() -> None:
    before = os_threads()
    timers = [Timer(FAR, print) for _ in range(10_000)]
    for timer in timers:
        timer.start()
    assert os_threads() <= before + 1
    assert standard.active_count() >= 10_000
    for timer in timers:
        timer.cancel()
    for timer in timers:
        timer.join()
    until(lambda: os_threads() <= before)
    assert not set(timers) & set(standard.enumerate())


def test_they_fire_in_the_order_of_their_moments() -> None:
    fired: list[int] = []
    timers = [Timer(0.02 + number / 50, fired.append, [number]) for number in range(6)]
    for timer in reversed(timers):
        timer.start()
    for timer in timers:
        timer.join()
    assert fired == [0, 1, 2, 3, 4, 5]


def test_one_that_works_for_long_does_not_hold_up_the_others() -> None:
    go, served = Event(), Event()
    slow = Timer(0, go.wait)
    slow.start()
    quick = Timer(0.001, served.set)
    quick.start()
    assert served.wait(30)
    go.set()
    slow.join()


def test_either_the_cancel_or_the_time_wins() -> None:
    for round_number in range(200):
        fired: list[int] = []
        timer = Timer(0.0005 * (round_number % 4), fired.append, [1])
        timer.start()
        timer.cancel()
        timer.join()
        assert timer.finished.is_set()
        assert not timer.is_alive()
        assert len(fired) <= 1


def test_setting_its_event_by_hand_cancels_it() -> None:
    timer = Timer(FAR, print)
    timer.start()
    with Crew() as crew:
        crew.start(timer.join).until_asleep("Thread.join")
        timer.finished.set()
    assert not timer.is_alive()


def test_a_subclass_with_a_run_of_its_own_runs_at_once() -> None:
    ticks: list[standard.Thread] = []

    class Repeating(Timer):
        def run(self) -> None:
            while not self.finished.wait(self.interval):
                self.function(*self.args, **self.kwargs)

    timer = Repeating(0.001, lambda: ticks.append(standard.current_thread()))
    timer.start()
    assert timer.ident is not None
    until(lambda: len(ticks) >= 3)
    timer.cancel()
    timer.join()
    assert set(ticks) == {timer}


def test_a_timer_is_freed_when_it_is_done_or_cancelled() -> None:
    for wait, cancel in ((0.0, False), (FAR, True)):
        timer = Timer(wait, int)
        timer.start()
        if cancel:
            timer.cancel()
        timer.join()
        gone = weakref.ref(timer)
        del timer
        until(lambda: gone() is None)


def test_an_interval_that_is_no_number_is_told_by_the_timer_s_thread() -> None:
    outcome = run_program("""
        from ironthread.threading import Timer
        timer = Timer("soon", print)
        timer.start()
        timer.join()
        assert not timer.is_alive()
    """)
    assert "Exception in thread" in outcome.err
    assert "TypeError" in outcome.err


def test_the_program_waits_for_timers_that_are_no_daemons_and_only_for_these() -> None:
    outcome = run_program("""
        import threading
        from ironthread.threading import Timer
        is_at_the_end = threading.Event()
        def tell(number, daemon):
            if not daemon: is_at_the_end.wait()
            print(number, flush=True)
        for number, (seconds, daemon) in enumerate([(0.2, False), (1000, True), (0.1, False), (0, True)]):
            timer = Timer(seconds, tell, [number, daemon])
            timer.daemon = daemon
            timer.start()
            if seconds == 0: timer.join()
        print("end", flush=True)
        is_at_the_end.set()
    """)
    first, second, *others = outcome.out.split()
    assert [first, second] == ["3", "end"]
    assert sorted(others) == ["0", "2"]


def test_the_program_waits_for_a_timer_that_a_daemon_is_about_to_end() -> None:
    # Cancelled it was, and off the agenda; what says that it is over had yet to be written.
    outcome = run_program("""
        import atexit
        from threading import Event, Thread, main_thread
        from ironthread import Timer

        looked, ends = Event(), Event()

        class Slow(Timer):
            def __setattr__(self, name, value):
                if name == "_pending" and value is False:
                    ends.set()
                    main_thread().join()  # it has begun to end the program
                    looked.wait(0.3)
                super().__setattr__(name, value)

        timer = Slow(3600, print)
        timer.start()

        def look():
            print("alive" if timer.is_alive() else "over")
            looked.set()

        atexit.register(look)
        Thread(target=timer.cancel, daemon=True).start()
        ends.wait()
    """)
    assert (outcome.out, outcome.err) == ("over\n", "")


def test_at_the_end_of_a_program_timers_run_under_their_own_identity() -> None:
    outcome = run_program("""
        import os, threading
        from ironthread.threading import Timer

        def work(raises):
            assert threading.current_thread() in timers
            assert threading.current_thread().ident == threading.get_ident()
            assert threading.current_thread() in threading.enumerate()
            os.write(1, b"ran\\n")  # at once: others may run at the same time
            if raises: raise KeyError("of a timer")

        timers = [Timer(0.05, work, [raises]) for raises in (False, True, False)]
        for timer in timers: timer.start()
        def watch():
            for timer in timers: timer.join()
            print("joined", [timer.is_alive() for timer in timers], flush=True)
        threading.Thread(target=watch).start()
    """)
    assert outcome.out.splitlines() == ["ran", "ran", "ran", "joined [False, False, False]"]
    assert outcome.err.count("KeyError: 'of a timer'") == 1


def test_at_the_end_of_a_program_timers_may_wait_for_one_another() -> None:
    # 3.12 starts no threads then, and the standard library's timers have theirs.
    outcome = run_program("""
        import threading
        from ironthread.threading import Event, Timer
        event, seen = Event(), threading.local()

        def wait():
            seen.by = [threading.get_native_id()]
            event.wait()
            print("waited", flush=True)

        def set():
            assert not hasattr(seen, "by")
            event.set()
            raise KeyError("of a timer")

        Timer(0.1, wait).start()
        Timer(0.2, set).start()
        doomed = Timer(0.3, event.clear)
        doomed.daemon = True
        doomed.start()
    """)
    assert outcome.out == "waited\n"
    assert outcome.err.count("KeyError: 'of a timer'") == 1


def test_at_the_end_of_a_program_timers_may_start_timers_and_join_them() -> None:
    outcome = run_program("""
        from ironthread.threading import Timer

        def chain(left):
            print(left, flush=True)
            if left:
                timer = Timer(0.01, chain, [left - 1])
                timer.start()
                timer.join()

        Timer(0.1, chain, [5]).start()
    """)
    assert outcome.out.split() == ["5", "4", "3", "2", "1", "0"]


def test_daemons_that_are_due_as_the_interpreter_ends_do_no_harm() -> None:
    # They wait in native code, and in the program's, when it takes them down.
    program = """
        import sys, threading, time
        from ironthread.threading import Condition, Event, Timer
        condition = Condition()

        def wait():
            with condition:
                condition.wait_for(lambda: sum(range(1000)) < 0, 0.001)
            again()

        def again():
            timer = Timer(0.0005, wait)
            timer.daemon = True
            try:
                timer.start()
            except RuntimeError:
                pass

        for _ in range(4): again()
        last = Timer(0.02 + float(sys.argv[1]), print, ["last"])
        last.start()
    """
    for number in range(8):
        assert run_program(program, str(number / 2000)).out == "last\n"


def test_a_timer_may_start_and_cancel_timers() -> None:
    fired: list[int] = []
    done = Event()

    def chain(left: int) -> None:
        fired.append(left)
        if left == 0:
            done.set()
            return
        doomed = Timer(FAR, print)
        doomed.start()
        Timer(0, chain, [left - 1]).start()
        doomed.cancel()

    Timer(0, chain, [20]).start()
    assert done.wait(30)
    assert fired == list(range(20, -1, -1))


def test_signal_handlers_may_start_timers_while_one_is_started() -> None:
    run_program("""
        import os, signal, threading
        from ironthread.threading import Event, Timer
        started = []
        def handler(number, frame):
            timer = Timer(1000, print)
            timer.start()
            started.append(timer)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
        for _ in range(3000):
            timer = Timer(1000, print)
            timer.start()
            timer.cancel()
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert started
        for timer in started: timer.cancel()
    """)


RAISING = """
    import random, signal, threading
    from crew import until
    from ironthread.threading import Event, Thread, Timer

    class Interrupted(Exception):
        pass

    armed = False

    def handler(number, frame):
        global armed
        if armed:
            armed = False
            raise Interrupted

    signal.signal(signal.SIGALRM, handler)
"""
INTERRUPTED = (
    RAISING
    + """
    rng, interrupted = random.Random(1), []
    for number in range(4000):
        timer = Timer(rng.choice([0.0, 0.001, 1000.0]), int)
        timer.daemon = True
        signal.setitimer(signal.ITIMER_REAL, 1e-6 + rng.random() * 6e-5)
        try:
            armed = True
            timer.start()
            armed = False
        except Interrupted:
            interrupted.append(timer)
        armed = False
        timer.cancel()
        if number % 100 == 0:
            fired = Event()
            other = Timer(0.0, fired.set)
            other.daemon = True
            # By another thread: it finds out whether a lock was left held, too.
            Thread(target=other.start, daemon=True).start()
            assert fired.wait(10), f"no timer fires after {len(interrupted)} interrupts"
    assert interrupted
    until(lambda: not any(timer.is_alive() for timer in interrupted))
"""
)


@pytest.mark.skipif(sys.platform == "win32", reason="no interval timers")
def test_what_a_signal_handler_raises_in_a_start_does_not_harm_other_timers() -> None:
    run_program(INTERRUPTED)


INTERRUPTED_CANCEL = (
    RAISING
    + """
    rng, interrupted = random.Random(1), 0
    for number in range(4000):
        timer = Timer(1000.0, int)
        timer.start()
        signal.setitimer(signal.ITIMER_REAL, 1e-6 + rng.random() * 2e-5)
        try:
            armed = True
            timer.cancel()
            armed = False
        except Interrupted:
            interrupted += 1
            assert not (timer.finished.is_set() and timer.is_alive())
            timer.cancel()
        timer.join()
        assert not timer.is_alive()
        assert timer not in threading.enumerate()
        armed = False
    assert interrupted
"""
)


@pytest.mark.skipif(sys.platform == "win32", reason="no interval timers")
def test_a_cancel_that_a_signal_handler_interrupts_ends_the_timer_or_leaves_it_be() -> None:
    run_program(INTERRUPTED_CANCEL)


def test_a_timer_that_cannot_begin_tells_why_and_holds_up_no_other() -> None:
    outcome = run_program("""
        import threading
        from ironthread.threading import Event, Timer

        class Broken(Timer):
            @property
            def _bootstrap(self):
                raise ValueError("no way in")

        broken, fired = Broken(0.0, print), Event()
        broken.start()
        Timer(0.01, fired.set).start()
        fired.wait()
        broken.join()
        print(broken.is_alive(), broken in threading.enumerate())
    """)
    assert outcome.out == "False False\n"
    assert "ValueError: no way in" in outcome.err


CONTEXT = """
    import contextvars, threading
    import ironthread.threading

    mark = contextvars.ContextVar("mark", default="nothing")

    def seen(kind):
        found = []
        mark.set("at the start")
        timer = kind(0.001, lambda: found.append(mark.get()))
        timer.start()
        mark.set("later")
        timer.join()
        return found

    print(seen(threading.Timer), seen(ironthread.threading.Timer))
"""


@pytest.mark.skipif(sys.version_info < (3, 14), reason="threads have contexts from 3.14 on")
@pytest.mark.parametrize(("inherits", "sees"), [(0, "nothing"), (1, "at the start")])
def test_it_runs_in_the_context_of_its_start_or_in_an_empty_one(inherits: int, sees: str) -> None:
    out = python(CONTEXT, flags=["-X", f"thread_inherit_context={inherits}"])
    assert out == f"{[sees]} {[sees]}\n"


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="of threads with contexts see above")
def test_until_3_13_it_runs_in_an_empty_context() -> None:
    assert python(CONTEXT) == "['nothing'] ['nothing']\n"


@pytest.mark.skipif(sys.version_info < (3, 14), reason="threads have contexts from 3.14 on")
def test_a_context_that_it_has_is_kept_and_can_be_looked_at_afterwards() -> None:
    mark = contextvars.ContextVar("mark", default=0)
    given = contextvars.Context()
    timer: Any = Timer(0, lambda: mark.set(mark.get() + 1))
    timer._context = given
    timer.start()
    timer.join()
    assert timer._context is given
    assert given[mark] == 1


def test_where_no_thread_can_be_had_timers_run_one_after_the_other_each_in_its_context() -> None:
    run_program("""
        import contextvars, threading
        from ironthread.threading import Timer
        threads, seen, raised = [], [], []
        threading.excepthook = lambda told: raised.append(told.exc_value)
        mark = contextvars.ContextVar("mark", default="nothing")

        def work(number):
            threads.append(threading.get_native_id())
            assert threading.current_thread() is timers[number]
            seen.append(mark.get())
            mark.set(number)
            raise KeyError(number)

        timers = [Timer(0.05, work, [number]) for number in range(3)]
        other = Timer(1000, int)
        other.start()  # while a thread that serves timers can be had
        threading.stack_size(1 << 47)  # more than there are addresses
        try:
            threading.Thread(target=print).start()
        except RuntimeError:
            pass
        else:
            raise AssertionError("there was room for a thread")
        for timer in timers: timer.start()
        for timer in timers: timer.join()
        other.cancel()
        assert len(threads) == 3 and len(set(threads)) == 1, threads
        assert seen == ["nothing"] * 3, seen
        assert [error.args for error in raised] == [(0,), (1,), (2,)]
        assert [error.__context__ for error in raised] == [None] * 3, raised
        assert not any(timer.is_alive() for timer in timers)
    """)


def test_of_two_starts_at_once_one_does_it() -> None:
    ran: list[int] = []

    class Twice(Timer):
        """Another start comes in the middle of its own, where it is asked for the interval."""

        others = 0

        @property
        def interval(self) -> float:
            if self.others:
                self.others -= 1
                self.start()
            return 0.0

        @interval.setter
        def interval(self, interval: float) -> None:
            pass

    timer = Twice(0, ran.append, (1,))
    timer.others = 1
    with pytest.raises(RuntimeError, match=r"^threads can only be started once$"):
        timer.start()
    timer.join()
    last = Timer(0, int)
    last.start()
    last.join()  # whatever was due before has begun
    assert ran == [1]
