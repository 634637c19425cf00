"""`Lock`, beside the standard library's and by itself."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest
from against_standard import TIME_LIMITS, assert_same, common
from crew import Crew, is_asleep
from ironthread.threading import Lock

HELD = "l = Lock(); l.acquire(); "
TRUTH_SINCE_3_12 = [
    f"l = Lock(); l.acquire({how}{value})"
    for how in ("", "blocking=")
    for value in ("None", "'x'", "[]", "Odd()", "Untrue()")
]

SAME = [
    *common("Lock()"),
    *(f"l = Lock(); l.acquire({b})" for b in ("True", "False", "1", "0", "-5")),
    *(f"l = Lock(); l.acquire(blocking={b})" for b in ("True", "False", "1", "0")),
    *(f"l = Lock(); l.acquire(True, {limit})" for limit in TIME_LIMITS if limit != "Fraction()"),
    *(f"l = Lock(); l.acquire(timeout={limit})" for limit in TIME_LIMITS if limit != "Fraction()"),
    *(f"{HELD}l.acquire(False, {limit})" for limit in TIME_LIMITS),
    *(f"{HELD}l.acquire(True, {limit})" for limit in ("0", "0.001", "-0.0", "False", "1e-9")),
    *(f"{HELD}l.acquire({limit})" for limit in ("False", "0", "blocking=False")),
    "Lock().acquire(True, -1, 3)",
    "Lock().acquire(True, blocking=True)",
    "Lock().acquire(block=True)",
    "Lock(1)",
    "Lock(lock=1)",
    "Lock()._at_fork_reinit(1)",
    f"{HELD}l._at_fork_reinit(); l.acquire(False)",
    "Lock().release()",
    "Lock().release(1)",
    f"{HELD}l.release()",
    f"{HELD}in_thread(l.release); l.locked()",
    "Lock().locked()",
    f"{HELD}l.locked()",
    f"{HELD}in_thread(l.locked)",
    "Lock().locked(1)",
    "l = Lock(); l.__enter__()",
    "Lock().__exit__(None, None, None)",
    f"{HELD}l.__exit__(None, None, None)",
    f"{HELD}l.__exit__(1, 2, 3)",
    "l = Lock(); l.acquire_lock(); l.release_lock(); l.locked_lock()",
    "repr(Lock())",
    f"{HELD}repr(l)",
    "Lock().x = 1",
    "l = Lock(); setattr(l, 'x', 1)",
    "l = Lock(); setattr(l, 'acquire', 1)",
    "Lock().__dict__",
    "copy.copy(Lock())",
    "type('Sub', (type(Lock()),), {})",
    "Lock()[int]",
    "callable(Lock)",
    "isinstance(Lock(), type(Lock()))",
    "Lock().acquire.__name__",
    "type(Lock()).acquire(1)",
]
MESSAGES = [
    "Lock().release()",
    "l = Lock(); l.acquire(False, 1)",
    "pickle.dumps(Lock())",
]


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.skipif(
    sys.version_info >= (3, 15), reason="three arguments are asked for from 3.15 on"
)
@pytest.mark.parametrize("code", ["Lock().__exit__()", f"{HELD}l.__exit__()"])
def test_the_arguments_at_the_end_of_a_block_do_not_matter(code: str) -> None:
    assert_same(code)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="an integer is asked for before 3.12")
@pytest.mark.parametrize("code", TRUTH_SINCE_3_12)
def test_whether_to_block_is_a_matter_of_truth(code: str) -> None:
    assert_same(code)


@pytest.mark.skipif(
    sys.version_info < (3, 13), reason="a function, without signatures, before 3.13"
)
@pytest.mark.parametrize(
    "code",
    [
        "inspect.signature(Lock().acquire)",
        "inspect.signature(Lock().release)",
        "type(Lock())()",
        "isinstance(Lock(), Lock)",
    ],
)
def test_it_is_as_in_the_standard_library_of_3_13(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("code", MESSAGES)
def test_messages_are_as_in_the_standard_library(code: str) -> None:
    assert_same(code, message=True)


def test_one_thread_at_a_time_has_it() -> None:
    lock = Lock()
    with lock, Crew() as crew:
        assert crew.start(lock.acquire, False).result() is False
        assert crew.start(lock.acquire, timeout=0.001).result() is False
    assert lock.acquire(False)


def test_a_thread_waits_even_for_itself() -> None:
    lock = Lock()
    lock.acquire()
    assert lock.acquire(timeout=0.01) is False


def test_any_thread_may_release_it() -> None:
    lock = Lock()
    lock.acquire()
    with Crew() as crew:
        waiter = crew.start(lock.acquire).until_asleep("Lock")
        crew.start(lock.release)
        assert waiter.result() is True
    assert lock.locked()


def test_waiting_threads_get_it_in_the_order_in_which_they_came() -> None:
    lock = Lock()
    lock.acquire()
    order: list[int] = []

    def take(number: int) -> None:
        lock.acquire()
        order.append(number)

    with Crew() as crew:
        takers = [crew.start(take, number).until_asleep("Lock") for number in range(5)]
        for taker in takers:
            # Each keeps it until it is released here.
            lock.release()
            taker.result()
    assert order == [0, 1, 2, 3, 4]


def test_a_waiter_whose_time_is_up_leaves_the_others_in_place() -> None:
    lock = Lock()
    lock.acquire()
    with Crew() as crew:
        impatient = [crew.start(lock.acquire, timeout=0.05) for _ in range(3)]
        patient = crew.start(lock.acquire).until_asleep("Lock")
        assert [member.result() for member in impatient] == [False] * 3
        assert is_asleep(patient.thread)
        lock.release()
        assert patient.result() is True


def test_a_time_limit_is_kept() -> None:
    lock = Lock()
    lock.acquire()
    for limit in (0.02, 0.1):
        begin = time.monotonic()
        assert lock.acquire(timeout=limit) is False
        # Never before the time; the upper bound leaves room for a busy machine.
        assert limit <= time.monotonic() - begin < limit + 1.0


def test_the_longest_time_limit_is_a_wait() -> None:
    from threading import TIMEOUT_MAX

    lock = Lock()
    lock.acquire()
    with Crew() as crew:
        waiter = crew.start(lock.acquire, timeout=TIMEOUT_MAX).until_asleep("Lock")
        lock.release()
        assert waiter.result() is True


def test_a_with_block_releases_it_whatever_happens() -> None:
    lock = Lock()
    with pytest.raises(ArithmeticError), lock:
        assert lock.locked()
        raise ArithmeticError
    assert not lock.locked()


def test_a_release_too_many_changes_nothing() -> None:
    lock = Lock()
    for _ in range(3):
        with pytest.raises(RuntimeError):
            lock.release()
    assert lock.acquire(False)
    assert not lock.acquire(False)


def test_it_is_made_without_arguments_only() -> None:
    make: Any = Lock
    for arguments, keywords in (((1,), {}), ((), {"blocking": True}), ((1, 2), {"a": 3})):
        with pytest.raises(TypeError):
            make(*arguments, **keywords)
    assert not make().locked()
