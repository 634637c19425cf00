"""Deadlocks: named where they are, and nowhere else."""

from __future__ import annotations

import json
import os
import pickle
import re
import sys
import threading as standard
from collections.abc import Iterator
from typing import Any

import ironthread
import pytest
from crew import Crew, until, until_asleep
from ironthread import Condition, Deadlock, DeadlockError, Lock, RLock, Thread, deadlocks
from programs import run_program
from python_process import run, write

# What the programs below have in common: threads that meet, so that the unlucky schedule is the only one.
SETUP = """
import os, signal, sys, threading, time
from threading import Barrier, Condition, Event, Lock, RLock, Thread

def run(*functions, daemon=True):
    threads = [Thread(target=f, name=f.__name__, daemon=daemon) for f in functions]
    for thread in threads:
        thread.start()
    return threads

def join(threads):
    for thread in threads:
        thread.join()
"""

CROSSWISE = """
a = {kind}()
b = {kind}()
meet = Barrier(2)
failed = []

def nest(first, second):
    try:
        with first:
            meet.wait()
            with second:
                pass
    except RuntimeError as error:
        failed.append(error)

def left():
    nest(a, b)

def right():
    nest(b, a)
"""


def watched(tmp_path: Any, program: str, *options: str, status: int | None = 0) -> Any:
    """Run a program under `ironthread run`, with the report at its end out of the way."""
    path = write(tmp_path / "program.py", SETUP + program)
    done = run("--report-file", str(tmp_path / "report"), *options, str(path), cwd=tmp_path)
    assert status is None or done.returncode == status, done
    return done


def aborted(tmp_path: Any, program: str) -> str:
    """What is told of the deadlock that ends a program."""
    done = watched(tmp_path, program, "--on-deadlock=abort", status=86)
    assert done.stderr.startswith("── ironthread ── deadlock ──"), done.stderr
    return str(done.stderr)


def test_a_circle_of_locks_is_told_with_threads_lines_and_stacks(tmp_path: Any) -> None:
    told = aborted(tmp_path, CROSSWISE.format(kind="Lock") + "join(run(left, right))\n")
    lines = (SETUP + CROSSWISE).splitlines()
    made_a, made_b = (lines.index(f"{name} = {{kind}}()") + 1 for name in "ab")
    taken = lines.index("            with second:") + 1
    assert "2 threads wait for one another:" in told
    for thread, made, holder in (("left", made_b, "right"), ("right", made_a, "left")):
        sentence = rf"{thread} waits for a Lock made at program\.py:{made}, held by {holder}"
        # Within a second of the hang.
        assert re.search(sentence + r" \(since 0\.[5-9] s\)", told), told
    assert told.count(f"program.py:{taken}, in nest: with second:") == 2
    assert "What is wrong: each thread holds what the next one waits for" in told
    assert "How it is usually cured: have all threads take these locks in the same order" in told


def test_a_circle_of_rlocks_ends_in_the_thread_that_closes_it(tmp_path: Any) -> None:
    done = watched(
        tmp_path,
        CROSSWISE.format(kind="RLock")
        + """
join(run(left, right))
(error,) = failed
print(type(error).__module__, type(error).__name__, error.deadlock.nature)
print(sorted((m.name, m.waits_for, m.owner) for m in error.deadlock.members))
print(a.acquire(blocking=False), b.acquire(blocking=False))
print("in nest: with second:" in str(error))
""",
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "ironthread DeadlockError certain",
        "[('left', 'RLock', 'right'), ('right', 'RLock', 'left')]",
        "True True",
        "True",
    ]


def test_threads_that_join_each_other_are_told_so(tmp_path: Any) -> None:
    done = watched(
        tmp_path,
        """
failed = []
started = Event()
def first():
    started.wait()
    attempt(threads[1])
def second():
    started.wait()
    attempt(threads[0])
def attempt(other):
    try:
        other.join()
    except RuntimeError as error:
        failed.append(error)
threads = run(first, second)
started.set()
join(threads)
print([type(error).__name__ for error in failed])
""",
    )
    assert done.stdout == "['DeadlockError']\n"


@pytest.mark.parametrize(
    ("wait", "wrong"),
    [
        ("threads[{}].join()", "each thread waits for another's end, and that one, in the end"),
        ("calls[{}].result()", "each call waits for another's outcome, and that one, in the end"),
    ],
    ids=["joins", "outcomes"],
)
def test_circles_without_a_lock_are_not_explained_by_one(
    tmp_path: Any, wait: str, wrong: str
) -> None:
    done = watched(
        tmp_path,
        f"""
from concurrent.futures import ThreadPoolExecutor
ready, failed = Event(), []
def first():
    ready.wait()
    attempt(lambda: {wait.format(1)})
def second():
    ready.wait()
    attempt(lambda: {wait.format(0)})
def attempt(wait):
    try:
        wait()
    except RuntimeError as error:
        failed.append(error)
if {"threads" in wait}:
    threads = run(first, second)
    ready.set()
    join(threads)
else:
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(first), pool.submit(second)]
        ready.set()
(error,) = failed
print(error)
""",
    )
    assert f"What is wrong: {wrong}" in done.stdout
    assert "lock" not in done.stdout.partition("What is wrong:")[2]


def test_a_call_that_needs_the_lock_under_which_its_outcome_is_awaited(tmp_path: Any) -> None:
    told = aborted(
        tmp_path,
        """
from concurrent.futures import ThreadPoolExecutor
lock = Lock()
taken = Event()
def call():
    taken.wait()
    with lock:
        return 1
pool = ThreadPoolExecutor(1, "pool")
future = pool.submit(call)
with lock:
    taken.set()
    future.result()
""",
    )
    assert re.search(
        r"MainThread waits for the outcome of a call made at program\.py:\d+, run by pool_0", told
    )
    assert re.search(r"pool_0 waits for a Lock made at program\.py:\d+, held by MainThread", told)
    assert "let go of the lock before result()" in told


def test_a_thread_joined_under_the_lock_that_it_needs(tmp_path: Any) -> None:
    told = aborted(
        tmp_path,
        """
lock = Lock()
def worker():
    with lock:
        pass
with lock:
    join(run(worker))
""",
    )
    joined = r"MainThread waits for the end of a thread started at program\.py:\d+: worker \("
    assert re.search(joined, told)
    assert "let go of the lock before join()" in told


def test_a_thread_joined_by_who_notified_it_and_keeps_its_lock(tmp_path: Any) -> None:
    told = aborted(
        tmp_path,
        """
condition, waits = Condition(Lock()), Event()
def notified():
    with condition:
        waits.set()
        condition.wait(60)
threads = run(notified)
waits.wait()
with condition:
    condition.notify()
    join(threads)
""",
    )
    assert re.search(r"MainThread waits for the end of a thread started at program\.py:\d+", told)
    held = r"notified waits for a Lock made at program\.py:\d+, held by MainThread"
    assert re.search(held, told)


def test_a_lock_that_is_taken_twice(tmp_path: Any) -> None:
    told = aborted(
        tmp_path,
        """
lock = Lock()
def helper():
    with lock:
        pass
def careless():
    with lock:
        helper()
run(careless)
time.sleep(20)  # others go on
""",
    )
    assert "a thread waits for itself:" in told
    assert "careless waits for a Lock" in told
    assert "take an RLock" in told


def test_an_rlock_whose_holder_has_ended_beside_a_thread_that_goes_on(tmp_path: Any) -> None:
    done = watched(
        tmp_path,
        """
lock = RLock()
run(lambda: time.sleep(60))
join(run(lock.acquire))
try:
    lock.acquire()
except RuntimeError as error:
    (member,) = error.deadlock.members
    print(error.deadlock.nature, member.orphaned, member.owner)
    print(str(error).splitlines()[0])
""",
    )
    assert (done.stdout, done.stderr) == (
        "certain True None\na thread waits for a lock whose holder has ended:\n",
        "",
    )


@pytest.mark.parametrize(
    ("end", "awaited"),
    [
        (
            "lock = Lock(); join(run(lock.acquire)); lock.acquire()",
            "a Lock made at program.py:LINE, held by a thread that has ended",
        ),
        (
            "from concurrent.futures import Future; Future().result()",
            "the outcome of a call made at program.py:LINE",
        ),
    ],
    ids=["lock", "future"],
)
def test_what_is_nobodys_and_everybody_asleep(tmp_path: Any, end: str, awaited: str) -> None:
    told = aborted(tmp_path, end)
    line = len(SETUP.splitlines()) + 1
    assert "the only thread waits, and nobody is left to wake it:" in told
    assert f"MainThread waits for {awaited.replace('LINE', str(line))} (since" in told, told


def test_a_deadlock_beside_a_thread_that_goes_on(tmp_path: Any) -> None:
    done = watched(
        tmp_path,
        CROSSWISE.format(kind="Lock")
        + """
ended = Event()
def heartbeat():
    for _ in range(100):
        ended.wait(0.01)
    os._exit(7)
run(left, right, heartbeat)[2].join()
""",
        status=7,
    )
    assert done.stderr.count("2 threads wait for one another:") == 1


@pytest.mark.parametrize(
    ("end", "kinds"),
    [
        ("condition.acquire(); condition.wait()", {"Condition"}),
        ("Event().wait()", {"Event"}),
        ("queue.Queue().get()", {"an item of a queue"}),
        ("threading.Semaphore(0).acquire()", {"Semaphore"}),
        ("Barrier(2).wait()", {"Barrier"}),
    ],
)
def test_a_program_of_which_all_threads_sleep(tmp_path: Any, end: str, kinds: set[str]) -> None:
    told = aborted(
        tmp_path,
        f"""
import queue
condition = Condition()
def sleeper():
    {end}
join(run(sleeper))
""",
    )
    assert "both threads wait, and nobody is left to wake them:" in told
    joined = r"MainThread waits for the end of a thread started at program\.py:\d+: sleeper \("
    assert re.search(joined, told)
    for kind in kinds:
        assert kind in told


def test_a_thread_whose_end_leaves_all_others_asleep(tmp_path: Any) -> None:
    told = aborted(
        tmp_path,
        """
condition, ready = Condition(), []
def consumer():
    with condition:
        while not ready:
            condition.wait()
def producer():
    time.sleep(1.5)  # long after the consumer has looked around
    ready.append(1)  # and no notify()
join(run(consumer, producer))
""",
    )
    assert "consumer waits for a Condition" in told


@pytest.mark.skipif(sys.platform != "linux", reason="threads of the system are seen on Linux")
def test_a_thread_that_only_the_system_knows_is_waited_for(tmp_path: Any) -> None:
    # As one that has ended here, and for a moment not yet there.
    told = aborted(
        tmp_path,
        """
import ctypes
libc = ctypes.CDLL(None)
def consumer():
    libc.pthread_create(
        ctypes.byref(ctypes.c_ulong()), None, libc.usleep, ctypes.c_void_p(300_000)
    )
    Event().wait()
join(run(consumer))
""",
    )
    assert "consumer waits for an Event" in told


@pytest.mark.parametrize("begins", ["", "main_thread = threading.main_thread()\n"])
def test_a_program_that_does_not_end_for_a_thread_that_sleeps(tmp_path: Any, begins: str) -> None:
    told = aborted(
        tmp_path,
        begins
        + """
def forgotten():
    time.sleep(0.2)
    Event().wait()
run(forgotten, daemon=False)
""",
    )
    assert "both threads wait, and nobody is left to wake them:" in told
    assert "MainThread waits for the end of a thread (" in told
    assert "forgotten waits for an Event" in told


WORKS_ON = """
def worker():
    time.sleep(1.2)
def idle():
    Event().wait()
run(idle)
run(worker, daemon=False)
"""

SILENT = {
    "a lock is held while a child process works": """
import subprocess
lock = RLock()
taken = Event()
def hold():
    with lock:
        taken.set()
        subprocess.run([sys.executable, "-c", "import time; time.sleep(1.2)"], check=True)
def want():
    taken.wait()
    with lock: pass
join(run(hold, want, want))
""",
    "a lock outlives the thread that took it, for another to release": """
lock = Lock()
join(run(lock.acquire))
(thread,) = run(lambda: (time.sleep(1.2), lock.release()))
lock.acquire()
thread.join()
""",
    "an outcome is set by a thread that no pool knows": """
import _thread
from concurrent.futures import Future
future = Future()
_thread.start_new_thread(lambda: (time.sleep(1.2), future.set_result(1)), ())
assert future.result() == 1
""",
    "a daemon that sleeps while the program ends": """
import atexit, sys
def idle():
    Event().wait()
run(idle, idle)
def late():
    if sys.version_info[:2] != (3, 12):  # which starts no thread then
        run(idle)
    time.sleep(1.2)
atexit.register(late)
""",
    "a thread that works after the main thread's end": WORKS_ON,
    # The sleeper looks while the callback runs, and comes to tell when the main thread goes on.
    "a last callback that keeps the interpreter": WORKS_ON
    + """
import atexit
def last():
    sys.setswitchinterval(10)
    end = time.monotonic() + 0.2
    while time.monotonic() < end:
        pass
atexit.register(last)
""",
    "the same order": CROSSWISE.format(kind="Lock")
    .replace("nest(b, a)", "nest(a, b)")
    .replace("            meet.wait()\n", "")
    + "join(run(left, right))",
    "a notifier that works under the lock": """
condition, waits = Condition(), Event()
def notified():
    with condition:
        waits.set()
        condition.wait()
threads = run(notified)
waits.wait()
with condition:
    condition.notify()
    time.sleep(1.0)
join(threads)
""",
    "a time limit": """
a, b, meet = Lock(), Lock(), Barrier(2)
def nest(first, second, limit):
    with first:
        meet.wait()
        if second.acquire(timeout=limit):
            second.release()
join(run(lambda: nest(a, b, 1.0), lambda: nest(b, a, 1.2)))
""",
    "a lock given as a signal": """
signal = Lock()
signal.acquire()
def give():
    time.sleep(1.0)
    signal.release()
run(give)
signal.acquire()
""",
    "a holder that works": """
lock, taken = Lock(), Event()
def holder():
    with lock:
        taken.set()
        time.sleep(1.0)
threads = run(holder)
taken.wait()
with lock:
    pass
join(threads)
""",
    "a main thread that sleeps until a signal": """
stop = Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
def idle():
    Event().wait()
run(idle)
import subprocess
child = subprocess.Popen([sys.executable, "-c",
    f"import os, time; time.sleep(1.2); os.kill({os.getpid()}, 15)"])
stop.wait()
child.wait()
""",
    "a timer that is pending": """
done = Event()
threading.Timer(1.0, done.set).start()
done.wait()
""",
    "idle workers of a pool": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    list(pool.map(time.sleep, [0.01] * 8))
    time.sleep(1.0)
""",
    "a thread outside of Python": """
import ctypes, ctypes.util
usleep = ctypes.CDLL(None).usleep
done = Event()
def outside():
    usleep(1_000_000)
    done.set()
run(outside)
done.wait()
""",
    "asyncio waits for a thread": """
import asyncio
async def main():
    await asyncio.to_thread(time.sleep, 1.0)
asyncio.run(main())
""",
}


@pytest.mark.parametrize("name", SILENT)
def test_what_is_no_deadlock_is_not_told(tmp_path: Any, name: str) -> None:
    done = watched(tmp_path, SILENT[name], "--on-deadlock=abort")
    assert done.stderr == ""


def test_what_was_told_is_in_the_report(tmp_path: Any) -> None:
    program = (
        CROSSWISE.format(kind="Lock")
        + "threads = run(left, right)\n"
        + "time.sleep(1.2)\na.release(); b.release()\njoin(threads)\n"
    )
    path = write(tmp_path / "program.py", SETUP + program)
    done = run(str(path), cwd=tmp_path)
    explained, report = done.stderr.split("── ironthread ── program.py")
    assert "What is wrong:" in explained
    assert "\ntold above:\ndeadlock: 2 threads wait for one another\n" in report
    done = run("--report", "json", "--report-file", "report.json", str(path), cwd=tmp_path)
    (told,) = json.loads((tmp_path / "report.json").read_text())["told"]
    assert (told["title"], told["headline"]) == ("deadlock", "2 threads wait for one another")
    assert told["text"] in done.stderr


def test_circles_of_plain_locks_raise_where_that_is_asked_for(tmp_path: Any) -> None:
    program = CROSSWISE.format(kind="Lock") + "join(run(left, right)); print(*failed)\n"
    done = watched(tmp_path, program, "--deadlock", "raise")
    assert "2 threads wait for one another:" in done.stdout
    assert done.stderr == ""


def test_nothing_is_told_when_it_is_off(tmp_path: Any) -> None:
    for kind in ("Lock", "RLock"):
        program = CROSSWISE.format(kind=kind) + "run(left, right); time.sleep(1.2); os._exit(5)\n"
        done = watched(tmp_path, program, "--deadlock=off", "--on-deadlock=abort", status=5)
        assert done.stderr == ""


# In this process, with the classes named explicitly.


class Heard:
    """What a hook was told."""

    def __init__(self) -> None:
        self.deadlocks: list[Deadlock] = []

    def __call__(self, deadlock: Deadlock) -> None:
        self.deadlocks.append(deadlock)

    def one(self) -> Deadlock:
        """The deadlock that is told, waiting for it."""
        until(lambda: self.deadlocks)
        (deadlock,) = self.deadlocks
        return deadlock


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What is told meanwhile."""
    heard = Heard()
    with deadlocks(hook=heard):
        yield heard


def crosswise(first: Any, second: Any, meet: standard.Barrier) -> Any:
    """Take two locks, after the other thread has its first; returns what the second acquire raised."""
    with first:
        meet.wait()
        try:
            with second:
                return None
        except DeadlockError as error:
            return error


@pytest.mark.parametrize("turn", range(5))
def test_one_of_those_who_close_a_circle_at_once_goes_on(heard: Heard, turn: int) -> None:
    locks = [RLock() for _ in range(2 + turn)]
    meet = standard.Barrier(len(locks))
    with Crew() as crew:
        for at, lock in enumerate(locks):
            crew.start(crosswise, lock, locks[(at + 1) % len(locks)], meet)
        errors = [error for error in crew.join() if error is not None]
    assert len(errors) == 1
    assert len(errors[0].deadlock.members) == len(locks)
    assert heard.deadlocks == []


def test_a_hook_learns_of_a_circle_that_lasts_once(heard: Heard) -> None:
    a, b = Lock(), Lock()
    meet = standard.Barrier(2)

    def take(first: Any, second: Any) -> None:
        first.acquire()
        meet.wait()
        second.acquire()

    with Crew() as crew:
        crew.start(take, a, b)
        crew.start(take, b, a)
        deadlock = heard.one()
        assert deadlock.nature == "likely"
        assert {member.waits_for for member in deadlock.members} == {"Lock"}
        assert all(member.stack[-1][2] == "take" for member in deadlock.members)
        # Any thread may release a plain lock.
        a.release()
        b.release()
    assert len(heard.deadlocks) == 1


def test_a_condition_that_closes_a_circle_takes_its_lock_all_the_same(heard: Heard) -> None:
    # It has to hold its lock when it comes back, and cannot raise: the other thread does.
    condition, other = Condition(), RLock()
    entered = standard.Event()

    def waiter() -> bool:
        with other, condition:
            entered.set()
            return condition.wait(0.3)

    def taker() -> object:
        entered.wait()
        with condition:
            try:
                with other:
                    return None
            except DeadlockError as error:
                return error

    with Crew() as crew:
        waits, takes = crew.start(waiter), crew.start(taker)
        assert isinstance(takes.result(), DeadlockError)
        assert waits.result() is False
    assert heard.deadlocks == []


def test_the_mode_is_restored_and_odd_ones_are_refused() -> None:
    from ironthread import _core

    before = _core.deadlock_mode()
    with deadlocks("raise", all_asleep=True):
        assert _core.deadlock_mode() == ("raise", True)
        with deadlocks("off"):
            assert _core.deadlock_mode() == ("off", True)
        assert _core.deadlock_mode() == ("raise", True)
    assert _core.deadlock_mode() == before
    odd = deadlocks("shout")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match='no way to deal with deadlocks: "shout"') as raised, odd:
        pass
    assert '"raise", "report" and "off"' in str(raised.value)


def test_install_says_what_is_done_until_uninstall() -> None:
    run_program(
        """
        import ironthread
        from ironthread import _core

        ironthread.install(deadlock="raise")
        ironthread.install(deadlock="off")
        assert _core.deadlock_mode() == ("off", False)
        ironthread.uninstall()
        assert _core.deadlock_mode() == ("report", False)
        """
    )


def test_a_circle_of_plain_locks_raises_in_a_block_that_asks_for_it() -> None:
    a, b = Lock(), Lock()
    meet = standard.Barrier(2)
    with deadlocks("raise"), Crew() as crew:
        crew.start(crosswise, a, b, meet)
        crew.start(crosswise, b, a, meet)
        errors = [error for error in crew.join() if error is not None]
    assert [error.deadlock.nature for error in errors] == ["likely"]


def test_what_a_hook_raises_is_shown_and_the_wait_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)

    def hook(_: Deadlock) -> None:
        raise LookupError("meant to")

    lock = Lock()
    with deadlocks(hook=hook), Crew() as crew:

        def careless() -> None:
            with lock, lock:
                pass
            lock.acquire()  # so that the outer block can end

        member = crew.start(careless)
        until(lambda: unraisable)
        assert member.is_alive
        lock.release()
        until(lambda: not member.is_alive or lock.locked())
        member.thread.join(5.0)
        crew.dismiss([member])
    assert unraisable[0].exc_type is LookupError


def test_the_error_can_be_pickled_as_text() -> None:
    error = DeadlockError(Deadlock("certain", []))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is RuntimeError
    assert str(copy) == str(error)


def test_a_thread_may_wait_for_its_own_call_in_vain() -> None:
    future: Any = None
    begun = standard.Event()

    def call() -> object:
        begun.wait()
        try:
            return future.result()
        except DeadlockError as error:
            return error.deadlock.headline()

    with ironthread.ThreadPoolExecutor(1) as pool:
        future = pool.submit(call)
        begun.set()
        assert future.result(30.0) == "a thread waits for itself"


def test_the_blocks_are_named_in_which_a_thread_took_what_it_holds(tmp_path: Any) -> None:
    told = aborted(
        tmp_path,
        """
a, b = Lock(), Lock()
meet = Barrier(2)

def hold(first, second):
    for attempt in range(1):
        try:
            with first as taken:  # the first
                with meet_there():
                    pass
                with second:  # the second
                    pass
        except ValueError:
            pass

class meet_there:
    def __enter__(self):
        meet.wait()
    def __exit__(self, *error):
        pass

def left():
    hold(a, b)

def right():
    with Lock():  # of no interest
        hold(b, a)

join(run(left, right))
""",
    )
    assert _blocks_in(told, "left") == ["with first as taken:  # the first"]
    assert _blocks_in(told, "right") == [
        "with Lock():  # of no interest",
        "with first as taken:  # the first",
    ]


def _blocks_in(told: str, thread: str) -> list[str]:
    part = re.search(rf"^{thread} waits for.*?\n\n", told, re.MULTILINE | re.DOTALL)
    assert part is not None
    return re.findall(r"within program\.py:\d+: (.*)", part[0])


def test_a_pool_whose_workers_all_wait_for_its_own_calls_is_told_of_while_others_go_on() -> None:
    found = standard.Event()
    told: list[Deadlock] = []

    def hear(deadlock: Deadlock) -> None:
        told.append(deadlock)
        found.set()

    both = standard.Barrier(2)
    inner: list[Any] = []

    def outer() -> object:
        both.wait()
        future = pool.submit(int, "7")
        inner.append(future)
        return future.result()

    # This thread is awake all the while: it waits for a standard event.
    with deadlocks(hook=hear), ironthread.ThreadPoolExecutor(2, "pool") as pool:
        futures = [pool.submit(outer) for _ in range(2)]
        assert found.wait(30.0)
        assert inner[0].cancel()
        # One worker is free then, and makes the other call.
        failed = [future.exception(30.0) is not None for future in futures]
        assert sorted(failed) == [False, True]
    assert len(told) == 1
    assert told[0].nature == "likely"
    assert sorted(member.name for member in told[0].members) == ["pool_0", "pool_1"]
    assert all(member.unbegun for member in told[0].members)
    text = str(told[0])
    assert text.startswith("all workers of a pool wait for calls that none is left to begin:")
    assert text.count("which no worker of its pool has begun") == 2
    assert "WorkStealingExecutor" in text


def test_such_a_pool_can_be_made_to_raise() -> None:
    def outer() -> object:
        return pool.submit(int, "7").result()

    with deadlocks("raise"), ironthread.ThreadPoolExecutor(1) as pool:
        future = pool.submit(outer)
        assert isinstance(future.exception(30.0), DeadlockError)


def test_a_pool_with_a_worker_that_is_awake_or_still_to_come_is_no_deadlock() -> None:
    told: list[Deadlock] = []
    go_on = standard.Event()
    waiting: list[Any] = []

    def outer() -> object:
        future = pool.submit(int, "7")
        waiting.append(future)
        return future.result()

    with deadlocks("raise", hook=told.append), ironthread.ThreadPoolExecutor(2) as pool:
        busy = pool.submit(go_on.wait)  # it waits elsewhere than at the door
        future = pool.submit(outer)
        until(lambda: bool(waiting))
        with pytest.raises(TimeoutError):
            future.result(0.8)  # longer than a deadlock has to stand
        go_on.set()
        assert busy.result(30.0)
        assert future.result(30.0) == 7
        # One of two workers: the other is started for the inner call.
        with ironthread.ThreadPoolExecutor(2) as other:
            assert other.submit(lambda: other.submit(int, "8").result()).result(30.0) == 8
    assert not told


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_finds_its_own_deadlocks() -> None:
    run_program(
        """
        import os, threading, time
        from ironthread import DeadlockError, Lock, RLock, Thread, deadlocks

        stop = threading.Event()

        def look() -> None:
            # A join lasts for longer than the time to the first look.
            while not stop.is_set():
                lasting = Thread(target=time.sleep, args=(0.06,))
                lasting.start()
                lasting.join()

        looking = [Thread(target=look, daemon=True) for _ in range(3)]
        for thread in looking: thread.start()
        for _ in range(10):
            child = os.fork()
            if child == 0:
                told, both = [], threading.Barrier(2)
                def attempt(other):
                    both.wait()
                    try:
                        threads[other].join()
                    except DeadlockError:
                        told.append(1)
                threads = [Thread(target=attempt, args=(1 - own,), daemon=True) for own in (0, 1)]
                for thread in threads: thread.start()
                for thread in threads: thread.join(20.0)
                os._exit(0 if told == [1] else 1)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        for thread in looking: thread.join()
        """,
        limit=60.0,
    )


def test_states_tell_whom_a_thread_waits_for(heard: Heard) -> None:
    gate = Lock()
    gate.acquire()
    inner = Thread(target=gate.acquire)
    outer = Thread(target=lambda: inner.join())
    inner.start()
    outer.start()
    until_asleep(outer, "Thread.join")
    assert ironthread.state(outer).waits_for == "Thread.join"
    gate.release()
    outer.join()
    assert heard.deadlocks == []
