"""`RLock`, beside the standard library's and by itself."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from against_standard import TIME_LIMITS, assert_same, common
from crew import Crew
from ironthread.threading import RLock

MINE = "l = RLock(); l.acquire(); "
THEIRS = "l = RLock(); in_thread(l.acquire); "
SUB = "C = type('C', (type(RLock()),), {'__module__': 'm'}); "

SAME = [
    *common("RLock()"),
    *(f"l = RLock(); l.acquire({b})" for b in ("True", "False", "1", "0", "blocking=0")),
    *(f"l = RLock(); l.acquire(True, {limit})" for limit in TIME_LIMITS if limit != "Fraction()"),
    *(f"{MINE}l.acquire(False, {limit})" for limit in TIME_LIMITS),
    *(f"{THEIRS}l.acquire(False, {limit})" for limit in TIME_LIMITS),
    *(f"{THEIRS}l.acquire(True, {limit})" for limit in ("0", "0.001", "-0.0", "1e-9", "False")),
    *(f"{THEIRS}l.acquire({limit})" for limit in ("False", "blocking=0", "timeout=0")),
    "RLock().acquire(True, -1, 3)",
    "RLock().acquire(block=True)",
    "RLock().release()",
    "RLock().release(1)",
    f"{MINE}l.release()",
    f"{MINE}in_thread(l.release)",
    f"{THEIRS}l.release()",
    f"{MINE}l.acquire(); l.release(); l.release(); l.release()",
    "RLock().__enter__()",
    "RLock().__exit__(None, None, None)",
    f"{MINE}l.__exit__(1, 2, 3)",
    "RLock()._is_owned()",
    f"{MINE}l._is_owned()",
    f"{MINE}in_thread(l._is_owned)",
    "RLock()._release_save()",
    f"{MINE}l.acquire(); l._release_save()[0]",
    f"{MINE}l.acquire(); l._release_save(); l._is_owned()",
    f"{MINE}l.acquire(); s = l._release_save(); l._acquire_restore(s); l._release_save()[0]",
    f"{MINE}l.acquire(); s = l._release_save(); l._acquire_restore(s); repr(l)",
    "RLock()._acquire_restore(1)",
    "RLock()._acquire_restore()",
    "RLock()._acquire_restore(('a', 'b'))",
    f"{MINE}l._at_fork_reinit(); repr(l)",
    f"{THEIRS}l._at_fork_reinit(); l.acquire(False)",
    "repr(RLock())",
    f"{MINE}repr(l)",
    f"{MINE}l.acquire(); repr(l)",
    f"{MINE}l.acquire(); l.release(); repr(l)",
    "RLock().x = 1",
    "l = RLock(); setattr(l, 'x', 1)",
    "RLock().__dict__",
    "copy.copy(RLock())",
    "type(RLock())[int]",
    "type(RLock())()",
    f"{SUB}c = C(1, 2, a=3); c.x = 5; c.x",
    f"{SUB}C(a=1)",
    f"{SUB}c = C(); c.x = 5; c.x",
    "C = type('C', (type(RLock()),), {'__new__': lambda c, a: type(RLock()).__new__(c, a)}); C(1)",
    "C = type('C', (type(RLock()),), {'__init__': lambda self, a: None}); C(1).acquire()",
    "type(RLock()).acquire(1)",
]
SINCE_3_11_4 = [
    "RLock()._recursion_count()",
    f"{MINE}l.acquire(); l._recursion_count()",
    f"{MINE}in_thread(l._recursion_count)",
]
PENDING = [
    "RLock()._acquire_restore((1,))",
    "C = type('C', (type(RLock()),), {}); repr(C())",
    f"{SUB}repr(C())",
    f"{SUB}c = C(); c.acquire(); repr(c)",
]
MESSAGES = [
    "RLock().release()",
    f"{THEIRS}l.release()",
    "l = RLock(); l.acquire(False, 1)",
    "pickle.dumps(RLock())",
]


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.skipif(
    sys.version_info >= (3, 15), reason="three arguments are asked for from 3.15 on"
)
@pytest.mark.parametrize("code", ["RLock().__exit__()", f"{MINE}l.__exit__()"])
def test_the_arguments_at_the_end_of_a_block_do_not_matter(code: str) -> None:
    assert_same(code)


@pytest.mark.xfail(strict=True, reason="another exception class; another name in repr")
@pytest.mark.parametrize("code", PENDING)
def test_odd_corners_are_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("code", SINCE_3_11_4)
def test_the_depth_is_told_as_in_the_standard_library(code: str) -> None:
    if not hasattr(type(__import__("threading").RLock()), "_recursion_count"):
        pytest.skip("this version does not tell")
    assert_same(code)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="without signatures before 3.13")
@pytest.mark.parametrize("method", ["acquire", "release"])
def test_signatures_are_as_in_the_standard_library_of_3_13(method: str) -> None:
    assert_same(f"inspect.signature(RLock().{method})")


@pytest.mark.parametrize("code", MESSAGES)
def test_messages_are_as_in_the_standard_library(code: str) -> None:
    assert_same(code, message=True)


def test_its_holder_may_take_it_again_and_must_release_it_as_often() -> None:
    lock = RLock()
    with Crew() as crew:
        for depth in range(1, 6):
            assert lock.acquire(timeout=5) is True
            assert lock._recursion_count() == depth
        for depth in range(4, -1, -1):
            assert crew.start(lock.acquire, False).result() is False
            lock.release()
            assert lock._recursion_count() == depth
        assert crew.start(lock.acquire, False).result() is True


def test_only_its_holder_may_release_it() -> None:
    lock = RLock()
    with lock, Crew() as crew:
        member = crew.start(lock.release)
        with pytest.raises(RuntimeError):
            member.result()
        crew.dismiss([member])
        assert lock._is_owned()


def test_waiting_threads_get_it_one_after_the_other() -> None:
    lock = RLock()
    order: list[int] = []

    def take(number: int) -> None:
        with lock, lock:
            order.append(number)

    with Crew() as crew, lock:
        for number in range(5):
            crew.start(take, number).until_asleep("RLock")
    assert order == [0, 1, 2, 3, 4]


def test_it_stays_with_a_thread_that_has_ended() -> None:
    lock = RLock()
    with Crew() as crew:
        crew.start(lock.acquire).result()
        # A new thread, though it may get the identifier of the old one, does not have it.
        for _ in range(20):
            assert crew.start(lambda: lock._is_owned()).result() is False
            assert crew.start(lock.acquire, False).result() is False
    with pytest.raises(RuntimeError):
        lock.release()


def test_a_subclass_may_override_acquire_and_release() -> None:
    class Counting(RLock):  # type: ignore[misc]
        def __init__(self, start: int) -> None:
            self.count = start

        def acquire(self, *args: Any, **kwargs: Any) -> bool:
            self.count += 1
            return bool(super().acquire(*args, **kwargs))

    lock = Counting(10)
    assert lock.acquire()
    assert lock.acquire(timeout=1)
    lock.release()
    lock.release()
    assert lock.count == 12


def test_saving_and_restoring_keep_the_depth() -> None:
    lock: Any = RLock()
    for _ in range(3):
        lock.acquire()
    saved = lock._release_save()
    with Crew() as crew:
        assert crew.start(lock.acquire, False).result() is True
        lock._at_fork_reinit()
    lock._acquire_restore(saved)
    assert lock._recursion_count() == 3


def test_restoring_waits_for_the_lock() -> None:
    lock: Any = RLock()
    lock.acquire()
    lock.acquire()
    saved = lock._release_save()
    with Crew() as crew, lock:

        def restore() -> int:
            lock._acquire_restore(saved)
            return int(lock._recursion_count())

        member = crew.start(restore).until_asleep("RLock")
        assert member.is_alive
        lock.release()
        assert member.result() == 2
        lock._at_fork_reinit()
        lock.acquire()


def test_a_subclass_is_made_with_arguments_of_its_own() -> None:
    class Named(RLock):  # type: ignore[misc, valid-type]
        def __init__(self, name: str, *, level: int) -> None:
            self.facts = (name, level)

    named = Named("first", level=2)
    assert type(named) is Named
    assert named.facts == ("first", 2)
    with named, named:
        assert named.locked()
