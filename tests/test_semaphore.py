"""`Semaphore` and `BoundedSemaphore`, beside the standard library's and by themselves."""

from __future__ import annotations

import time
from typing import Any

import pytest
from against_standard import NUMBERS, SHORT, assert_same, common, ours
from crew import Crew, is_asleep
from ironthread.threading import BoundedSemaphore, Semaphore

COUNTS = [number for number in NUMBERS if number not in ("True", "False")]

SAME = [
    code
    for kind in ("Semaphore", "BoundedSemaphore")
    for code in [
        *common(f"{kind}()"),
        *(f"{kind}({n})" for n in ["-1", "-5", "-1.5", "'x'", "[]", "Odd()"]),
        *(f"repr({kind}({n}))" for n in COUNTS),
        *(f"s = {kind}(2); s.acquire(); s.release({n}); s._value" for n in NUMBERS),
        *(f"s = {kind}(2); s.release({n})" for n in ["0", "-1", "'x'", "Odd()"]),
        *(f"{kind}(0).acquire(True, {limit})" for limit in SHORT),
        *(f"{kind}(0).acquire(timeout={limit})" for limit in SHORT),
        *(f"{kind}(1).acquire(False, {limit})" for limit in ("None", "0", "1", "-1", "1e100")),
        *(
            f"{kind}(1).acquire(True, {limit})"
            for limit in ("None", "0", "1", "-1", "1e100", "inf")
        ),
        *(f"{kind}(0).acquire({b})" for b in ("False", "0", "None", "''", "blocking=[]")),
        *(f"{kind}(1).acquire({b})" for b in ("False", "0", "None", "'x'", "Odd()", "True")),
        f"{kind}(1).acquire(Untrue())",
        f"{kind}(0).acquire(Untrue())",
        f"{kind}(1, 2)",
        f"{kind}(value=3)._value",
        f"{kind}(n=3)",
        f"{kind}().acquire(1, 2, 3)",
        f"{kind}().release(1, 2)",
        f"s = {kind}(2); s.acquire(); s.release(n=1); repr(s)",
        f"s = {kind}(); s.__enter__()",
        f"s = {kind}(); s.acquire(); s.__exit__(None, None, None); s._value",
        f"s = {kind}(); s.x = 5; s.x",
        f"{kind}()[int]",
        f"C = type('C', ({kind},), {{'__module__': 'm'}}); repr(C(2))",
        f"C = type('C', ({kind},), {{'__init__': lambda self, a: {kind}.__init__(self, 4)}}); "
        "C('x')._value",
        f"C = type('C', ({kind},), {{}}); isinstance(C(), {kind})",
        f"signature({kind})",
        f"signature({kind}.acquire)",
        f"signature({kind}.release)",
        f"{kind}.__name__",
        f"{kind}.__qualname__",
        f"{kind}.__module__",
        f"s = {kind}(3); s._value",
    ]
] + [
    "issubclass(BoundedSemaphore, Semaphore)",
    "BoundedSemaphore().release()",
    "s = BoundedSemaphore(3); s.acquire(); s.release(2)",
    "s = BoundedSemaphore(3); s.acquire(); s.acquire(); s.release(2); repr(s)",
    "BoundedSemaphore(3)._initial_value",
]
MESSAGES = [
    "Semaphore(-1)",
    "BoundedSemaphore(-1)",
    "BoundedSemaphore().release()",
    "Semaphore().release(0)",
    "BoundedSemaphore().release(-3)",
    "Semaphore().acquire(False, 1)",
]
PENDING = [
    *("Semaphore(None)", "BoundedSemaphore(None)", "Semaphore().release(None)"),
    *("repr(Semaphore(2.0))", "repr(BoundedSemaphore(1.5))"),
]
DIFFERENT: dict[str, type[Exception]] = {
    "Semaphore(2**63)": OverflowError,
    "Semaphore(10**30)": OverflowError,
    "s = Semaphore(2**63 - 1); s.release()": OverflowError,
}


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("code", MESSAGES)
def test_messages_are_as_in_the_standard_library(code: str) -> None:
    assert_same(code, message=True)


@pytest.mark.xfail(strict=True, reason="a value is an integer; None is one")
@pytest.mark.parametrize("code", PENDING)
def test_values_are_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("code", DIFFERENT)
def test_values_beyond_all_use_are_refused(code: str) -> None:
    assert ours(code).raised is DIFFERENT[code]


both = pytest.mark.parametrize("make", [Semaphore, BoundedSemaphore])


@both
def test_as_many_get_in_as_its_value_says(make: type[Semaphore]) -> None:
    semaphore = make(3)
    assert [semaphore.acquire(blocking=False) for _ in range(4)] == [True, True, True, False]
    semaphore.release()
    assert semaphore.acquire(timeout=0.001) is True
    assert semaphore.acquire(timeout=0.001) is False


@both
def test_a_release_lets_one_waiter_in_and_a_release_of_many_as_many(make: type[Semaphore]) -> None:
    semaphore = make(5)
    for _ in range(5):
        semaphore.acquire()
    with Crew() as crew:
        waiters = [crew.start(semaphore.acquire).until_asleep("Semaphore") for _ in range(5)]
        semaphore.release()
        assert waiters[0].result() is True
        assert all(is_asleep(waiter.thread) for waiter in waiters[1:])
        semaphore.release(3)
        for waiter in waiters[1:4]:
            assert waiter.result() is True
        assert is_asleep(waiters[4].thread)
        semaphore.release()
        assert waiters[4].result() is True


@both
def test_more_may_be_released_than_wait(make: type[Semaphore]) -> None:
    semaphore = make(4)
    for _ in range(4):
        semaphore.acquire()
    with Crew() as crew:
        waiter = crew.start(semaphore.acquire).until_asleep("Semaphore")
        semaphore.release(3)
        waiter.result()
    assert [semaphore.acquire(blocking=False) for _ in range(3)] == [True, True, False]


def test_a_bounded_one_refuses_what_is_too_much_whole() -> None:
    semaphore = BoundedSemaphore(3)
    semaphore.acquire()
    with pytest.raises(ValueError, match="Semaphore released too many times"):
        semaphore.release(2)
    semaphore.release()
    with pytest.raises(ValueError, match="Semaphore released too many times"):
        semaphore.release()
    assert [semaphore.acquire(blocking=False) for _ in range(4)] == [True, True, True, False]


@both
def test_any_thread_may_release_it(make: type[Semaphore]) -> None:
    semaphore = make(1)
    semaphore.acquire()
    with Crew() as crew:
        crew.start(semaphore.release).result()
    assert semaphore.acquire(blocking=False)


@both
def test_a_time_limit_is_kept(make: type[Semaphore]) -> None:
    semaphore = make(0)
    begin = time.monotonic()
    assert semaphore.acquire(timeout=0.05) is False
    # Never before the time; the upper bound leaves room for a busy machine.
    assert 0.05 <= time.monotonic() - begin < 1.05


def test_a_with_block_releases_it_whatever_happens() -> None:
    semaphore = Semaphore(1)
    with pytest.raises(ArithmeticError), semaphore:
        assert not semaphore.acquire(blocking=False)
        raise ArithmeticError
    assert semaphore.acquire(blocking=False)


def test_a_with_block_goes_through_an_overridden_release() -> None:
    for base in (Semaphore, BoundedSemaphore):
        released: list[int] = []

        class Noting(base):  # type: ignore[misc, valid-type]
            def release(self, n: int = 1, released: list[int] = released) -> None:
                released.append(n)
                super().release(n)

        with Noting():
            pass
        assert released == [1]


def test_its_value_can_be_set_by_hand_and_lets_waiters_in() -> None:
    semaphore: Any = Semaphore(0)
    with Crew() as crew:
        waiters = [crew.start(semaphore.acquire).until_asleep("Semaphore") for _ in range(2)]
        semaphore._value = 2
        # In the standard library nobody is woken by this; in ours nobody sleeps beside a value.
        semaphore.release()
        for waiter in waiters:
            assert waiter.result() is True
    assert semaphore._value == 1
