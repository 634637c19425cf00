"""Locks taken in two orders: told from one run that did not deadlock; what is harmless is not."""

from __future__ import annotations

import re
import threading as standard
from _thread import get_ident, start_new_thread
from collections.abc import Callable
from typing import Any

import pytest
from crew import Crew
from ironthread import Lock, LockOrderInversion, RLock, SimpleQueue, Thread, lock_order
from python_process import run, start, write


def told_of(*functions: Callable[[], object]) -> list[LockOrderInversion]:
    """Call the functions, each in a thread of its own, one after the other; what is told of them."""
    told: list[LockOrderInversion] = []
    with lock_order(told.append):
        for function in functions:
            with Crew() as crew:
                crew.start(function)
    return told


def nested(*locks: Any) -> Callable[[], None]:
    """A function that takes the locks, one within the other."""

    def take() -> None:
        if locks:
            with locks[0]:
                nested(*locks[1:])()

    return take


@pytest.mark.parametrize("kind", [Lock, RLock])
def test_two_orders_are_told_once_with_both_stacks(kind: type[Any]) -> None:
    with lock_order():
        a, b = kind(), kind()

    def first() -> None:
        with a, b:
            pass

    def second() -> None:
        with b, a:
            pass

    (inversion,) = told_of(first, second, first, second)
    assert inversion.is_of_locks
    stacks = [stack for step in inversion.steps for stack in (step.held.stack, step.taken.stack)]
    functions = [stack[-1][2].rpartition(".")[2] for stack in stacks]
    assert functions == ["second", "second", "first", "first"]
    lines = [(step.held.stack[-1][1], step.taken.stack[-1][1]) for step in inversion.steps]
    begin = first.__code__.co_firstlineno
    assert lines[1] == (begin + 1, begin + 1)
    assert {step.held.kind for step in inversion.steps} == {"RLock" if kind is RLock else "Lock"}
    assert inversion.steps[0].held.origin == inversion.steps[1].taken.origin != None  # noqa: E711
    text = str(inversion)
    assert text.startswith("2 locks are taken in orders that can end in a deadlock:")
    assert "second: with b, a:" in text
    assert "What is wrong:" in text
    assert "How it is usually cured:" in text


def test_a_thread_that_has_ended_is_not_told_by_the_name_of_another() -> None:
    a, b = Lock(), Lock()
    idents: list[int] = []
    done = SimpleQueue[int]()

    def take_and_end() -> None:
        nested(a, b)()
        done.put(get_ident())

    def in_the_same_place() -> None:
        if get_ident() in idents:
            nested(b, a)()

    told: list[LockOrderInversion] = []
    with lock_order(told.append):
        for number in range(1000):
            # Nobody gives it a name. It is over when the system gives its identifier to another.
            start_new_thread(take_and_end, ())
            idents.append(done.get())
            thread = Thread(target=in_the_same_place, name=f"later {number}")
            thread.start()
            thread.join()
            if told:
                break
    (inversion,) = told
    later, ended = [step.thread for step in inversion.steps]
    assert later == thread.name
    assert ended.startswith("(thread ")


def test_three_locks_in_a_round_are_told() -> None:
    a, b, c = Lock(), Lock(), Lock()
    (inversion,) = told_of(nested(a, b), nested(b, c), nested(c, a))
    assert len(inversion.steps) == 3


def test_what_cannot_deadlock_is_not_told() -> None:
    a, b, gate = Lock(), Lock(), Lock()
    assert told_of(nested(a, b), nested(a, b)) == []
    assert told_of(nested(gate, a, b), nested(gate, b, a)) == []

    def both_orders() -> None:
        nested(a, b)()
        nested(b, a)()

    assert told_of(both_orders) == []

    def with_a_limit() -> None:
        with b:
            assert a.acquire(timeout=10.0)
            a.release()
            assert a.acquire(blocking=False)
            a.release()

    assert told_of(nested(a, b), with_a_limit) == []


def test_a_gate_that_is_forgotten_once_is_told() -> None:
    a, b, gate = Lock(), Lock(), Lock()
    (inversion,) = told_of(nested(gate, a, b), nested(gate, b, a), nested(a, b))
    assert len(inversion.steps) == 2


def test_orders_of_different_objects_of_the_same_lines_are_told_as_such() -> None:
    with lock_order():
        parents = [Lock() for _ in range(2)]
        children = [Lock() for _ in range(2)]
    (inversion,) = told_of(nested(parents[0], children[0]), nested(children[1], parents[1]))
    assert not inversion.is_of_locks
    assert "of different locks that were made on the same lines" in str(inversion)
    # Of one line the program may have an order of its own.
    assert told_of(nested(parents[0], parents[1]), nested(parents[1], parents[0])) != []
    assert told_of(nested(*parents), nested(*children)) == []


def test_many_pairs_of_one_kind_are_told_once() -> None:
    with lock_order():
        pairs = [(Lock(), Lock()) for _ in range(20)]
    told = told_of(*(nested(*pair) for pair in pairs), *(nested(b, a) for a, b in pairs))
    assert len(told) == 1


def test_a_lock_made_where_a_gate_was_is_another_gate() -> None:
    a, b = Lock(), Lock()
    told: list[LockOrderInversion] = []

    def under(gate: Any, *locks: Any) -> int:
        with Crew() as crew:
            crew.start(nested(gate, *locks))
        return id(gate)

    with lock_order(told.append):
        place = under(Lock(), a, b)
        # Memory that was let go is taken again, though not always at once.
        made = [Lock() for _ in range(10_000)]
        under(next(lock for lock in made if id(lock) == place), b, a)
    assert [inversion.is_of_locks for inversion in told] == [True]


def test_who_was_told_of_two_lines_is_told_of_two_locks_too() -> None:
    with lock_order():
        parents = [Lock() for _ in range(2)]
        children = [Lock() for _ in range(2)]
    of_lines = nested(parents[0], children[0]), nested(children[1], parents[1])
    told = told_of(*of_lines, nested(parents[1], children[1]))
    assert [inversion.is_of_locks for inversion in told] == [False, True]


def test_locks_that_come_and_go_leave_nothing() -> None:
    a = Lock()
    told: list[LockOrderInversion] = []
    with lock_order(told.append):
        for turn in range(200):
            b = Lock()
            with Crew() as crew:
                crew.start(nested(a, b) if turn % 2 else nested(b, a))
    # The lines are the same each time; no address is taken for that of another lock.
    assert all(not inversion.is_of_locks for inversion in told)


def test_a_hook_may_take_locks_and_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)
    a, b, c = Lock(), Lock(), Lock()

    def hook(_: LockOrderInversion) -> None:
        with c:
            raise LookupError("meant to")

    with lock_order(hook):
        for function in (nested(a, b), nested(b, a)):
            thread = standard.Thread(target=function)
            thread.start()
            thread.join(30.0)
            assert not thread.is_alive()
    assert [each.exc_type for each in unraisable] == [LookupError]


PROGRAM = """
from threading import Lock, Thread

a = Lock()
b = Lock()

def nest(first, second):
    with first:
        with second:
            pass

for locks in ((a, b), (b, a)):
    thread = Thread(target=nest, args=locks)
    thread.start()
    thread.join()
print("done")
"""


def test_the_command_tells_of_a_program_that_ran_well(tmp_path: Any) -> None:
    write(tmp_path / "program.py", PROGRAM)
    done = run("--report", "none", "--lock-order", "program.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert done.stderr.startswith("── ironthread ── lock order ──")
    assert "Thread-2 (nest) held a Lock made at program.py:5, taken at" in done.stderr
    assert "    program.py:8, in nest: with first:" in done.stderr
    assert "  and took a Lock made at program.py:4, at" in done.stderr
    assert run("--report", "none", "program.py", cwd=tmp_path).stderr == ""


def test_of_three_steps_two_that_exclude_each_other_are_enough() -> None:
    a, b, c, gate = (Lock() for _ in range(4))
    assert told_of(nested(gate, a, b), nested(gate, b, c), nested(c, a)) == []


def test_one_thread_cannot_be_in_two_steps_at_once() -> None:
    a, b, c = (Lock() for _ in range(3))

    def two_steps() -> None:
        nested(a, b)()
        nested(b, c)()

    assert told_of(two_steps, nested(c, a)) == []


def test_the_steps_that_are_told_are_those_that_can_meet() -> None:
    a, b, gate = Lock(), Lock(), Lock()
    told: list[LockOrderInversion] = []
    with lock_order(told.append):
        for name, locks in {"ab": (gate, a, b), "ba": (gate, b, a), "bare": (a, b)}.items():
            thread = Thread(target=nested(*locks), name=name)
            thread.start()
            thread.join()
    (inversion,) = told
    assert [step.thread for step in inversion.steps] == ["bare", "ba"]


def test_the_suite_of_a_program_is_watched_by_a_plugin(tmp_path: Any) -> None:
    write(
        tmp_path / "test_it.py",
        """
        import threading
        from threading import Barrier, Lock, RLock, Thread

        a, b = Lock(), Lock()

        def in_thread(function, *args):
            thread = Thread(target=function, args=args)
            thread.start()
            return thread

        def nest(first, second, meet=None):
            with first:
                if meet: meet.wait()
                with second:
                    pass

        def test_it_runs_on_ours():
            assert threading.Lock.__call__ and type(a).__mro__[0].__module__ == "_thread"
            import ironthread
            assert threading.Lock is ironthread.Lock

        def test_well():
            in_thread(nest, a, b).join()

        def test_other_order():
            in_thread(nest, a, b).join()
            in_thread(nest, b, a).join()

        def test_that_would_hang():
            meet = Barrier(2)
            caught = []
            def attempt(*args):
                try:
                    nest(*args)
                except RuntimeError as error:
                    caught.append(error)
            threads = [in_thread(attempt, a, b, meet), in_thread(attempt, b, a, meet)]
            for thread in threads: thread.join()
            assert not caught, caught[0]
        """,
    )
    done = start(["-m", "pytest", "-q", "--ironthread", "-p", "no:cacheprovider"], cwd=tmp_path)
    assert "2 failed, 2 passed" in done.stdout, done.stdout
    assert re.search(r"FAILED test_it\.py::test_other_order", done.stdout)
    assert re.search(r"FAILED test_it\.py::test_that_would_hang", done.stdout)
    assert "2 locks are taken in orders that can end in a deadlock" in done.stdout
    assert "2 threads wait for one another" in done.stdout
