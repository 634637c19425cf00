"""`Thread`, beside the standard library's and by itself."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading as standard
import weakref
from pathlib import Path
from typing import Any

import pytest
from against_standard import assert_same, signature
from crew import Crew, Member, until, until_asleep
from ironthread import _core
from ironthread.threading import Event, Thread
from programs import run_program

DONE = "t = Thread(target=int); t.start(); t.join(); "

SAME = [
    "Thread(1)",
    "Thread(target=1).run()",
    "Thread().run()",
    "Thread(name='a').name",
    "Thread(name=5).name",
    "Thread(name='').name.startswith('Thread-')",
    "Thread(target=int).name.endswith(' (int)')",
    "t = Thread(); t.name = 7; t.name",
    "Thread().ident",
    "Thread().native_id",
    "Thread().daemon",
    "Thread(daemon=True).daemon",
    "t = Thread(); t.daemon = 1; t.daemon",
    "t = Thread(); t.name = 'n'; repr(t)",
    "t = Thread(name='n', daemon=True); repr(t)",
    "Thread().is_alive()",
    f"{DONE}t.__init__(target=int); t.start(); t.join()",
    f"{DONE}e = Event(); t.__init__(target=e.wait); t.start(); r = t.is_alive(), t.join(0.01), "
    "t.is_alive(); e.set(); t.join(); (r, t.is_alive())",
    "Thread().join()",
    "Thread().join(1)",
    "in_thread(lambda: None)",
    f"{DONE}t.is_alive()",
    f"{DONE}t.start()",
    f"{DONE}t.join()",
    f"{DONE}t.join(5)",
    f"{DONE}t.join(0)",
    f"{DONE}t.join(-1)",
    f"{DONE}setattr(t, 'daemon', True)",
    f"{DONE}isinstance(t.ident, int)",
    f"{DONE}t.ident == t.native_id",
    f"{DONE}hasattr(t, '_target')",
    f"{DONE}t.name.startswith('Thread-')",
    "t = Thread(target=int, name='n'); t.start(); t.join(); repr(t).startswith('<Thread(n, stopped ')",
    "C = type('C', (Thread,), {'__init__': lambda self: None}); C().start()",
    "C = type('C', (Thread,), {'__init__': lambda self: None}); C().join()",
    "C = type('C', (Thread,), {'__init__': lambda self: None}); C().name",
    "C = type('C', (Thread,), {'__init__': lambda self: None}); repr(C())",
    "C = type('C', (Thread,), {'__init__': lambda self: None}); C().is_alive()",
    "C = type('C', (Thread,), {'__init__': lambda self: None}); setattr(C(), 'daemon', True)",
    "C = type('C', (Thread,), {'run': lambda self: None}); c = C(); c.start(); c.join(); c.is_alive()",
    "found = []; t = Thread(target=found.append, args=(3,)); t.start(); t.join(); found",
    "f = {}; t = Thread(target=f.update, kwargs={'a': 1}); t.start(); t.join(); f['a']",
    "t = Thread(); t.x = 5; t.x",
    "t = Thread(); weakref.ref(t)() is t",
    "t = Thread(); hash(t) == hash(t)",
    "Thread() == Thread()",
    "signature(Thread)",
    "signature(Thread.join)",
    "signature(Thread.start)",
    "Thread.__name__",
    "Thread.__qualname__",
    "Thread.__module__",
    "copy.copy(Thread()).__class__.__name__",
]


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize(
    "code",
    [
        "Thread().join()",
        f"{DONE}t.start()",
        f"{DONE}setattr(t, 'daemon', True)",
        "C = type('C', (Thread,), {'__init__': lambda self: None}); C().start()",
        "C = type('C', (Thread,), {'__init__': lambda self: None}); C().join()",
        "C = type('C', (Thread,), {'__init__': lambda self: None}); C().name",
    ],
)
def test_misuse_is_told_in_the_same_words(code: str) -> None:
    assert_same(code, message=True)


@pytest.mark.parametrize("limit", ["'x'", "1e100", "10**400", "[]", "1j"])
def test_a_senseless_limit_of_join_is_refused_as_by_the_standard_library(limit: str) -> None:
    go = Event()
    thread = Thread(target=go.wait)
    thread.start()
    theirs = standard.Thread(target=go.wait)
    theirs.start()
    expected = error_of(lambda: theirs.join(eval(limit)))
    assert error_of(lambda: thread.join(eval(limit))) is expected is not None
    assert thread.is_alive()
    go.set()
    thread.join()
    theirs.join()


def error_of(function: Any) -> type[Exception] | None:
    try:
        function()
    except Exception as error:
        return type(error)
    return None


def test_a_join_is_a_wait_at_the_door() -> None:
    go = Event()
    thread = Thread(target=go.wait)
    thread.start()
    with Crew() as crew:
        joiners = [crew.start(thread.join).until_asleep("Thread.join") for _ in range(3)]
        thread.join(0)
        thread.join(0.01)
        assert all(joiner.is_alive for joiner in joiners)
        assert thread.is_alive()
        go.set()
    assert not thread.is_alive()


def test_nobody_joins_himself() -> None:
    errors: list[str] = []

    def join() -> None:
        try:
            thread.join()
        except RuntimeError as error:
            errors.append(str(error))

    thread = Thread(target=join)
    thread.start()
    thread.join()
    assert errors == ["cannot join current thread"]


def test_who_has_joined_a_thread_finds_its_thread_local_values_gone() -> None:
    class Value:
        pass

    local = standard.local()
    values: list[weakref.ref[Value]] = []

    def work() -> None:
        local.value = Value()
        values.append(weakref.ref(local.value))

    for _ in range(50):
        thread = Thread(target=work)
        thread.start()
        thread.join()
        assert values.pop()() is None


def test_the_one_registry_has_every_thread_once() -> None:
    go = Event()
    ours = [Thread(target=go.wait, name=f"ours {number}") for number in range(3)]
    theirs = [standard.Thread(target=go.wait, name=f"theirs {number}") for number in range(3)]
    for thread in (*ours, *theirs):
        thread.start()
    listed = standard.enumerate()
    assert [listed.count(thread) for thread in (*ours, *theirs)] == [1] * 6
    assert standard.active_count() == len(listed)
    assert {thread.ident for thread in ours} <= set(sys._current_frames())
    go.set()
    for thread in (*ours, *theirs):
        thread.join()
    assert not {*ours, *theirs} & set(standard.enumerate())


def test_it_knows_itself() -> None:
    found: list[object] = []

    class Mine(Thread):
        def run(self) -> None:
            found.extend([standard.current_thread(), standard.get_ident(), self.native_id])

    thread = Mine()
    thread.start()
    thread.join()
    assert found == [thread, thread.ident, thread.native_id]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux shows the names of threads in /proc")
def test_the_system_shows_its_name() -> None:
    go, named, renamed = Event(), Event(), Event()

    def shown() -> str:
        comm = Path(f"/proc/self/task/{thread.native_id}/comm")
        return comm.read_text().removesuffix("\n")

    def work() -> None:
        go.wait()
        standard.current_thread().name = "żółw and hare in a race"
        named.set()
        renamed.wait()

    thread = Thread(target=work, name="collector of garbage")
    thread.start()
    assert shown() == "collector of ga"
    thread.name = "from outside"  # the system lets only the thread itself do it
    assert shown() == "collector of ga"
    go.set()
    named.wait()
    assert shown() == "żółw and har"
    renamed.set()
    thread.join()


@pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info >= (3, 14),
    reason="Linux shows the names; from 3.14 on the main thread is renamed by the interpreter",
)
def test_the_name_of_the_main_thread_does_not_become_that_of_the_process() -> None:
    process = Path("/proc/self/comm").read_text()
    standard.main_thread().name = "Main"
    try:
        assert Path("/proc/self/comm").read_text() == process
    finally:
        standard.main_thread().name = "MainThread"


def test_it_begins_and_ends_whatever_its_name() -> None:
    for name in ("\udcff of a file", "zero \0 inside", "", "line\nend"):
        ran = Event()
        thread = Thread(target=ran.set, name=name)
        thread.start()
        thread.join()
        assert (ran.is_set(), thread.name) == (True, name or thread.name)
        thread.name = name * 2


def test_the_engine_knows_its_name_and_the_latest_one() -> None:
    def names() -> set[str | None]:
        return {row["name"] for row in _core.watch_snapshot()["threads"]}

    go = Event()
    thread = Thread(target=go.wait, name="first name")
    thread.start()
    assert "first name" in names()
    thread.name = "second name"
    assert "second name" in names()
    assert "first name" not in names()
    go.set()
    thread.join()
    assert "second name" not in names()


def test_it_is_freed_when_nobody_knows_it_any_more() -> None:
    class Mine(Thread):
        pass

    thread = Mine(target=int)
    thread.start()
    thread.join()
    gone = weakref.ref(thread)
    del thread
    assert gone() is None


def test_an_exception_goes_to_the_hook_with_everything() -> None:
    outcome = run_program("""
        import threading
        from ironthread.threading import Thread

        def fail(): raise error
        def leave(): raise SystemExit(3)

        def run(function, name=None):
            thread = Thread(target=function, name=name)
            thread.start()
            thread.join()
            return thread

        error, seen = KeyError("lost"), []
        threading.excepthook = seen.append
        thread = run(fail)
        [arguments] = seen
        assert type(arguments) is threading.ExceptHookArgs
        assert arguments[:2] == (KeyError, error)
        assert arguments.exc_traceback is error.__traceback__
        assert arguments.thread is thread
        threading.excepthook = threading.__excepthook__
        run(leave)
        run(fail, "loud")
    """)
    assert outcome.err.startswith("Exception in thread loud:\n")
    assert outcome.err.endswith("KeyError: 'lost'\n")
    assert "ironthread" not in outcome.err


def test_trace_and_profile_functions_are_set_in_new_threads() -> None:
    calls: list[str] = []

    def work() -> None:
        pass

    def trace(frame: Any, event: str, argument: object) -> None:
        if frame.f_code is work.__code__:
            calls.append(f"trace {event}")

    def profile(frame: Any, event: str, argument: object) -> None:
        if frame.f_code is work.__code__:
            calls.append(f"profile {event}")

    standard.settrace(trace)
    standard.setprofile(profile)
    try:
        thread = Thread(target=work)
        thread.start()
        thread.join()
    finally:
        standard.settrace(None)
        standard.setprofile(None)
    assert calls == ["trace call", "profile call", "profile return"]


def test_no_frame_of_ours_lies_below_the_code_of_a_thread(tmp_path: Path) -> None:
    dump = tmp_path / "dump"

    def work() -> None:
        with open(dump, "w") as file:
            faulthandler.dump_traceback(file, all_threads=False)

    thread = Thread(target=work)
    thread.start()
    thread.join()
    functions = [line.rpartition(" in ")[2] for line in dump.read_text().splitlines()[1:]]
    assert functions == ["work", "run", "_bootstrap_inner", "_bootstrap"]
    assert "/ironthread/" not in dump.read_text()


def test_a_thousand_threads_start_and_end() -> None:
    done: list[int] = []
    threads = [Thread(target=done.append, args=(number,)) for number in range(1000)]
    before = len(_core.watch_snapshot()["threads"])
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(1000))
    assert len(_core.watch_snapshot()["threads"]) <= before


def test_a_thread_that_cannot_be_had_is_an_error_and_leaves_nothing() -> None:
    run_program("""
        import resource, threading
        from ironthread.threading import Thread

        threading.stack_size(1 << 30)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, resource.RLIM_INFINITY))
        thread = Thread(target=print)
        try:
            thread.start()
        except RuntimeError as error:
            assert str(error) == "can't start new thread", error
        else:
            raise AssertionError("a thread with a stack larger than the memory")
        assert threading.enumerate() == [threading.main_thread()]
        assert not thread.is_alive()
        try:
            thread.join()
        except RuntimeError as error:
            assert str(error) == "cannot join thread before it is started"
        threading.stack_size(0)
        another = Thread(target=int)
        another.start()
        another.join()
    """)


JOIN_AND_SIGNALS = """
    import signal, sys, threading
    from crew import Crew, until_asleep
    from ironthread.threading import Event, Thread, Timer

    class Stop(Exception):
        pass

    def handler(number, frame):
        seen.append(number)
        if number == signal.SIGUSR2:
            raise Stop

    def interrupt():
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            until_asleep(main, "Thread.join")
            signal.pthread_kill(main.ident, number)

    seen, main, go = [], threading.main_thread(), Event()
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, handler)
    thread = {"thread": Thread(target=go.wait), "timer": Timer(1000, print)}[sys.argv[1]]
    thread.start()
    for limit in (None, 30):
        with Crew() as crew:
            crew.start(interrupt)
            try:
                thread.join(limit)
            except Stop:
                pass
            else:
                raise AssertionError("the join came to its end")
        assert seen == [signal.SIGUSR1, signal.SIGUSR2]
        assert thread.is_alive()
        seen.clear()
    go.set()
    getattr(thread, "cancel", int)()
    thread.join()
"""


@pytest.mark.parametrize("kind", ["thread", "timer"])
def test_a_signal_interrupts_a_join_of_the_main_thread(kind: str) -> None:
    run_program(JOIN_AND_SIGNALS, kind)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_in_a_forked_child_all_others_have_ended() -> None:
    run_program("""
        import os, threading, warnings
        import ironthread
        from ironthread._threads import ENDED
        from ironthread.threading import Event, Thread, Timer
        warnings.filterwarnings("ignore", category=DeprecationWarning)

        go = Event()
        adopted = threading.Thread(target=lambda: go.wait())
        adopted.start()
        ironthread.install()
        others = [Thread(target=go.wait) for _ in range(3)] + [adopted, Timer(1000, print)]
        for other in others:
            if other is not adopted: other.start()
        before = Thread(target=int)

        def forks():
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    assert threading.current_thread() is thread is threading.main_thread()
                    assert threading.enumerate() == [thread]
                    for other in others:
                        assert not other.is_alive(), other
                        other.join()
                        # The interpreter is not asked whether it has freed what it knew of it.
                        assert getattr(other, ENDED[0]) is ENDED[1]
                    before.start()
                    before.join()
                    fresh = Thread(target=int)
                    fresh.start()
                    fresh.join()
                    fired = []
                    timer = Timer(0.001, fired.append, [1])
                    timer.start()
                    timer.join()
                    assert fired == [1]
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0

        thread = Thread(target=forks)
        thread.start()
        thread.join()
        assert all(other.is_alive() for other in others)
        go.set()
        others[-1].cancel()
        for other in others: other.join()
    """)


def test_signatures_are_those_of_the_standard_library() -> None:
    for name in ("start", "run", "join", "is_alive"):
        assert signature(getattr(Thread, name)) == signature(getattr(standard.Thread, name))


def test_the_threads_of_the_engine_and_of_the_interpreter_are_the_same() -> None:
    go = Event()
    thread = Thread(target=go.wait)
    thread.start()
    until_asleep(thread, "Event")
    rows = {row["ident"]: row for row in _core.watch_snapshot()["threads"] if row["alive"]}
    assert rows[thread.ident or 0]["native_id"] == thread.native_id
    go.set()
    thread.join()
    until(lambda: thread.ident not in sys._current_frames())


@pytest.mark.skipif(
    not hasattr(standard.Thread, "_wait_for_tstate_lock"), reason="the lock is gone from 3.13 on"
)
def test_whoever_looks_at_a_thread_that_has_ended_is_not_in_the_way_of_others() -> None:
    # The interpreter's lock tells the end of a thread; the end of the program looks by taking it.
    go = Event()
    thread = Thread(target=go.wait)
    thread.start()
    lock = thread._tstate_lock
    go.set()
    with lock:
        until(lambda: not thread.is_alive())
        thread.join()
    assert not thread.is_alive()


def test_a_name_that_is_no_unicode_is_shown_as_well_as_it_can_be() -> None:
    # Such names come from names of files that are in no encoding.
    go = Event()
    thread = Thread(target=go.wait, name="first \udcff")
    thread.start()

    def shown() -> str:
        (row,) = (
            row
            for row in _core.watch_snapshot()["threads"]
            if row["ident"] == thread.ident and row["alive"]
        )
        return str(row["name"])

    assert thread.name == "first \udcff"
    assert shown().startswith("first \ufffd")
    thread.name = "second \ud800"
    assert shown().startswith("second \ufffd")
    go.set()
    thread.join()


def test_joins_when_the_interpreter_is_on_its_way_out_are_as_in_the_standard_library() -> None:
    program = """
        import sys, threading
        import ironthread.threading

        class Cycle:
            # It refers to itself, so it is collected late: when the interpreter ends, and others stand still.
            def __init__(self, thread):
                self.itself, self.thread = self, thread
                thread.daemon = True
                thread.start()

            def __del__(self):
                try:
                    self.thread.join(0.01)
                except Exception as error:
                    print(type(error).__name__, error)
                else:
                    print(self.thread.is_alive())

        module = {"standard": threading, "ours": ironthread.threading}[sys.argv[1]]
        never = module.Event()
        if sys.argv[2] == "thread":
            Cycle(module.Thread(target=never.wait))
        else:
            Cycle(module.Timer(1000, print))
    """
    for kind in ("thread", "timer"):
        standards, ours = (run_program(program, whose, kind) for whose in ("standard", "ours"))
        assert ours.out == standards.out != ""


def where(member: Member[None]) -> tuple[str, str]:
    """The file and the function that a thread is in."""
    code = sys._current_frames()[member.thread.ident or 0].f_code
    return Path(code.co_filename).name, code.co_name


def test_of_two_who_start_it_at_once_one_does() -> None:
    ran: list[int] = []
    thread = Thread(target=ran.append, args=(1,))
    go = Event()

    def start() -> None:
        go.wait()
        thread.start()

    with Crew() as crew:
        first = crew.start(start)
        # The standard library's table of threads, which the first is about to write to.
        with standard._active_limbo_lock:  # type: ignore[attr-defined]
            go.set()
            until(lambda: where(first) == ("threading.py", "start"))
            with pytest.raises(RuntimeError, match=r"^threads can only be started once$"):
                thread.start()
        first.result()
    thread.join()
    assert ran == [1]


def test_a_start_that_failed_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = Event()
    thread = Thread(target=ran.set)

    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    name = "_start_joinable_thread" if sys.version_info >= (3, 13) else "_start_new_thread"
    with monkeypatch.context() as patched:
        patched.setattr(standard, name, refused)
        with pytest.raises(RuntimeError, match=r"^can't start new thread$"):
            thread.start()
    thread.start()
    thread.join()
    assert ran.is_set()
