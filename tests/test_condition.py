"""`Condition`, over our locks and over others, beside the standard library's and by itself."""

from __future__ import annotations

import sys
import threading as standard
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from against_standard import HELPERS, NUMBERS, SHORT, TIME_LIMITS, assert_same, common, ours
from crew import Crew, is_asleep, until
from ironthread.threading import Condition, Lock, RLock
from waits import MinimalLock, SubclassedRLock

HELD = "c = Condition(); c.acquire(); "
SUB = "C = type('C', (Condition,), {'__module__': 'm'}); "

SAME = [
    *common("Condition()"),
    *(f"{HELD}c.wait({limit})" for limit in SHORT),
    *(f"{HELD}c.wait(timeout={limit})" for limit in ("0", "-1", "1e100")),
    *(f"{HELD}c.wait_for(lambda: 0, {limit})" for limit in SHORT),
    *(f"{HELD}c.wait_for(lambda: [], timeout={limit})" for limit in ("0", "0.001")),
    *(f"{HELD}c.wait_for(lambda: 5, {limit})" for limit in ("None", "0", "-1", "1e100", "inf")),
    *(f"c = Condition(Lock()); c.acquire(); c.wait({limit})" for limit in SHORT),
    *(f"c = Condition(MinimalLock()); c.acquire(); c.wait({limit})" for limit in SHORT),
    *(f"c = Condition(StandardRLock()); c.acquire(); c.wait({limit})" for limit in SHORT),
    *(f"{HELD}c.notify({n})" for n in NUMBERS),
    "Condition().wait()",
    "Condition().wait(0)",
    "Condition().wait_for(lambda: 0)",
    *(f"Condition().wait_for(lambda: 0, {limit})" for limit in ("0", "-1")),
    *(
        f"{HELD}asked = []; c.wait_for(lambda: asked.append(1), {limit}); len(asked)"
        for limit in ("0", "-1")
    ),
    "Condition().wait_for(lambda: 7)",
    "Condition().wait_for(lambda: 1 / 0)",
    f"{HELD}c.wait_for(lambda: 1 / 0)",
    f"{HELD}c.wait_for(lambda: Untrue())",
    f"{HELD}c.wait_for(None)",
    f"{HELD}c.wait_for()",
    f"{HELD}c.wait_for(predicate=lambda: 3, timeout=1)",
    "Condition().notify()",
    "Condition().notify_all()",
    f"{HELD}c.notify_all()",
    f"{HELD}c.notify_all(1)",
    f"{HELD}c.notify(1, 2)",
    f"{HELD}in_thread(c.notify)",
    f"{HELD}in_thread(c.wait)",
    f"{HELD}in_thread(c.release)",
    f"{HELD}c.release(); c.notify()",
    "c = Condition(Lock()); c.acquire(); in_thread(c.notify)",
    "Condition(Lock()).notify()",
    "Condition(MinimalLock()).notify()",
    "Condition(MinimalLock()).wait()",
    "Condition().release()",
    "Condition().release(1)",
    "Condition(Lock()).release()",
    "Condition().acquire(False)",
    "Condition().acquire(True, 5)",
    "Condition().acquire(blocking=True, timeout=1)",
    "Condition().acquire(1, 2, 3)",
    "Condition().acquire(block=1)",
    "c = Condition(Lock()); c.acquire(); c.acquire(False)",
    f"{HELD}in_thread(lambda: c.acquire(False))",
    "Condition().__enter__()",
    f"{HELD}c.__exit__(None, None, None)",
    "Condition().__exit__(None, None, None)",
    "repr(Condition(5))",
    "Condition(5).acquire()",
    "Condition(5).notify()",
    "Condition(5).__enter__()",
    "Condition(1, 2)",
    "Condition(lock=None).acquire()",
    "Condition(RLock()).acquire()",
    "l = Lock(); c = Condition(l); c.acquire(); l.locked()",
    "l = Lock(); c = Condition(lock=l); c._lock is l",
    "Condition()._is_owned()",
    f"{HELD}c._is_owned()",
    f"{HELD}in_thread(c._is_owned)",
    "Condition(Lock())._is_owned()",
    "c = Condition(MinimalLock()); c.acquire(); c._is_owned()",
    f"{HELD}c.acquire(); s = c._release_save(); c._acquire_restore(s); c._release_save()[0]",
    f"{HELD}c._at_fork_reinit(); c._is_owned()",
    "repr(Condition())",
    f"{HELD}repr(c)",
    "repr(Condition(Lock()))",
    "c = Condition(); c.x = 5; c.x",
    "c = Condition(); c.x = 5; c.__dict__['x']",
    "Condition()[int]",
    f"{SUB}c = C(); c.acquire(); c.notify(); repr(c)",
    f"{SUB}isinstance(C(), Condition)",
    "C = type('C', (Condition,), {'__init__': lambda self, a: None}); C(1).notify()",
    "C = type('C', (Condition,), {'__init__': lambda self, a: Condition.__init__(self)}); "
    "c = C(1); c.acquire(); c.notify()",
    "signature(Condition)",
    "signature(Condition.wait)",
    "signature(Condition.wait_for)",
    "signature(Condition.notify)",
    "signature(Condition.notify_all)",
    "signature(Condition().wait)",
    "Condition.__name__",
    "Condition.__qualname__",
    "Condition.__module__",
]
MESSAGES = [
    "Condition().wait()",
    "Condition().notify()",
    "Condition().notify_all()",
    "Condition().release()",
    "Condition(Lock()).release()",
]
# What is not a number is looked at before anything else is done.
DIFFERENT: dict[str, type[Exception]] = {
    f"{HELD}c.wait_for(lambda: 5, 'x')": TypeError,
    "Condition().wait('x')": TypeError,
    f"{HELD}c.notify(None)": TypeError,
    f"{HELD}c.notify('x')": TypeError,
}

LOCKS: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "lock": Lock,
    "rlock": RLock,
    "subclass of ours": SubclassedRLock,
    "in Python": MinimalLock,
    "reentrant in Python": lambda: standard._PyRLock(),  # type: ignore[attr-defined]
    "standard lock": standard.Lock,
    "standard rlock": standard.RLock,
}
over_every_lock = pytest.mark.parametrize("make_lock", LOCKS.values(), ids=LOCKS)


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.skipif(
    sys.version_info >= (3, 15), reason="three arguments are asked for from 3.15 on"
)
@pytest.mark.parametrize("code", ["Condition().__exit__()", f"{HELD}c.__exit__()"])
def test_the_arguments_at_the_end_of_a_block_do_not_matter(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("code", MESSAGES)
def test_messages_are_as_in_the_standard_library(code: str) -> None:
    assert_same(code, message=True)


@pytest.mark.parametrize("code", DIFFERENT)
def test_arguments_without_sense_are_refused(code: str) -> None:
    assert ours(code).raised is DIFFERENT[code]


def test_a_lock_that_does_not_tell_whether_it_is_locked_will_do() -> None:
    class Silent:
        def __init__(self) -> None:
            self._lock = Lock()
            self.acquire = self._lock.acquire
            self.release = self._lock.release

        def __enter__(self) -> bool:
            return self.acquire()

        def __exit__(self, *_: object) -> None:
            self.release()

    condition = Condition(Silent())  # type: ignore[arg-type]
    with Crew() as crew:

        def wait() -> bool:
            with condition:
                return condition.wait(30)

        waiter = crew.start(wait).until_asleep("Condition")
        assert len(condition._waiters) == 1
        with condition:
            condition.notify()
        assert waiter.result() is True
        assert len(condition._waiters) == 0
    with pytest.raises(AttributeError):
        condition.locked()  # type: ignore[attr-defined]


@pytest.mark.parametrize("limit", TIME_LIMITS)
def test_no_time_limit_whatsoever_leaves_the_lock_in_another_state(limit: str) -> None:
    if limit in ("None", "inf", "TIMEOUT_MAX", "True", "Fraction()"):
        pytest.skip("a long wait")
    for wait in ("c.wait({})", "c.wait_for(lambda: 0, {})"):
        condition: Any = Condition()
        condition.acquire()
        # The names that time limits are written with.
        space = {**HELPERS, "c": condition}
        with suppress(TypeError, ValueError, OverflowError):
            eval(wait.format(limit), space)
        assert condition._lock._recursion_count() == 1
        assert repr(condition).endswith(", 0)>")


def test_the_old_name_warns() -> None:
    condition = Condition()
    with condition, pytest.warns(DeprecationWarning, match="notify_all"):
        condition.notifyAll()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with condition, pytest.raises(DeprecationWarning):
            condition.notifyAll()


@over_every_lock
def test_a_wait_lets_the_lock_go_and_takes_it_back(make_lock: Callable[[], Any]) -> None:
    condition = Condition(make_lock())
    with Crew() as crew:

        def wait() -> bool:
            with condition:
                woken = condition.wait()
                assert condition._is_owned()
                return woken

        waiter = crew.start(wait).until_asleep("Condition")
        with condition:
            condition.notify()
            # It is notified and cannot return before the lock is free.
            assert waiter.is_alive
        assert waiter.result() is True
        assert condition.acquire(False)


@pytest.mark.parametrize(
    "name", ["none", "rlock", "subclass of ours", "reentrant in Python", "standard rlock"]
)
def test_a_nested_lock_is_let_go_whole_and_taken_back_as_deep(name: str) -> None:
    condition: Any = Condition(LOCKS[name]())

    def wait(limit: float | None) -> int:
        for _ in range(4):
            condition.acquire()
        condition.wait(limit)
        depth = 0
        while condition._is_owned():
            condition.release()
            depth += 1
        return depth

    with Crew() as crew:
        for limit in (None, 30.0):
            waiter = crew.start(wait, limit).until_asleep("Condition")
            with condition:
                condition.notify()
            assert waiter.result() == 4
        assert crew.start(wait, 0.001).result() == 4


@over_every_lock
def test_as_many_are_woken_as_are_notified(make_lock: Callable[[], Any]) -> None:
    condition = Condition(make_lock())
    woken: list[int] = []

    def wait(number: int) -> None:
        with condition:
            condition.wait()
            woken.append(number)

    with Crew() as crew:
        waiters = [crew.start(wait, number).until_asleep("Condition") for number in range(10)]
        for count, so_far in ((0, 0), (-3, 0), (1, 1), (3, 4)):
            with condition:
                condition.notify(count)
            until(lambda so_far=so_far: len(woken) == so_far)  # type: ignore[misc]
            assert sum(is_asleep(waiter.thread) for waiter in waiters) == 10 - so_far
        with condition:
            condition.notify_all()
        for waiter in waiters:
            waiter.result()
        assert sorted(woken) == list(range(10))
        with condition:
            condition.notify(5)


@over_every_lock
def test_waiters_are_notified_in_the_order_in_which_they_came(
    make_lock: Callable[[], Any],
) -> None:
    condition = Condition(make_lock())
    woken: list[int] = []

    def wait(number: int) -> None:
        with condition:
            condition.wait()
            woken.append(number)

    with Crew() as crew:
        waiters = [crew.start(wait, number).until_asleep("Condition") for number in range(5)]
        for waiter in waiters:
            with condition:
                condition.notify()
            waiter.result()
    assert woken == [0, 1, 2, 3, 4]


@over_every_lock
def test_a_notification_without_waiters_is_gone(make_lock: Callable[[], Any]) -> None:
    condition = Condition(make_lock())
    with condition:
        condition.notify(5)
        condition.notify_all()
        assert condition.wait(0.01) is False


@over_every_lock
def test_a_waiter_whose_time_was_up_takes_no_notification(make_lock: Callable[[], Any]) -> None:
    condition = Condition(make_lock())

    def wait(limit: float | None) -> bool:
        with condition:
            return condition.wait(limit)

    with Crew() as crew:
        impatient = crew.start(wait, 0.01)
        assert impatient.result() is False
        patient = crew.start(wait, None).until_asleep("Condition")
        with condition:
            condition.notify()
        assert patient.result() is True
    assert "0)" in repr(condition)


@over_every_lock
def test_a_time_limit_ends_the_wait_and_not_the_wait_for_the_lock(
    make_lock: Callable[[], Any],
) -> None:
    condition = Condition(make_lock())

    def wait() -> tuple[bool, float]:
        with condition:
            begin = time.monotonic()
            woken = condition.wait(0.02)
            return woken, time.monotonic() - begin

    with Crew() as crew:
        waiter = crew.start(wait).until_asleep("Condition")
        with condition:
            # Its time runs out here, while the lock is held.
            time.sleep(0.1)
            assert waiter.is_alive
        woken, took = waiter.result()
    assert woken is False
    assert took >= 0.02


@over_every_lock
def test_one_that_was_notified_in_time_is_not_told_that_the_time_was_up(
    make_lock: Callable[[], Any],
) -> None:
    condition = Condition(make_lock())

    def wait() -> bool:
        with condition:
            return condition.wait(0.2)

    with Crew() as crew:
        waiter = crew.start(wait).until_asleep("Condition")
        with condition:
            condition.notify()
            # The time runs out between the notification and the return.
            time.sleep(0.3)
        assert waiter.result() is True


@over_every_lock
def test_a_predicate_is_asked_with_the_lock_held_until_it_is_true(
    make_lock: Callable[[], Any],
) -> None:
    condition = Condition(make_lock())
    value = 0
    asked: list[bool] = []

    def predicate() -> int:
        asked.append(condition._is_owned())
        return value if value >= 3 else 0

    def wait() -> int:
        with condition:
            return condition.wait_for(predicate, 30.0)

    with Crew() as crew:
        waiter = crew.start(wait).until_asleep("Condition")
        for times in range(1, 4):
            until(lambda times=times: len(asked) == times)  # type: ignore[misc]
            waiter.until_asleep("Condition")
            with condition:
                value = times
                condition.notify_all()
        assert waiter.result() == 3
    assert len(asked) == 4
    assert all(asked)


def test_the_time_of_a_wait_for_a_predicate_runs_from_its_begin() -> None:
    condition = Condition()
    over = False

    def wait() -> tuple[object, float]:
        with condition:
            begin = time.monotonic()
            result = condition.wait_for(lambda: False, 0.2)
            return result, time.monotonic() - begin

    with Crew() as crew:
        waiter = crew.start(wait)
        while waiter.is_alive:
            # Each notification is in vain, and none begins the time anew.
            with condition:
                condition.notify()
            time.sleep(0.01)
            over = True
        result, took = waiter.result()
    assert over
    assert result is False
    assert 0.2 <= took < 1.2


def test_a_predicate_that_raises_ends_the_wait_with_the_lock_held() -> None:
    condition = Condition()
    fails = False

    def predicate() -> bool:
        if fails:
            raise ArithmeticError
        return False

    def wait() -> bool:
        with condition:
            try:
                condition.wait_for(predicate)
            except ArithmeticError:
                return condition._is_owned()
        return False

    with Crew() as crew:
        waiter = crew.start(wait).until_asleep("Condition")
        with condition:
            fails = True
            condition.notify()
        assert waiter.result() is True


def test_a_subclass_may_override_wait_and_notify() -> None:
    calls: list[tuple[object, ...]] = []

    class Noting(Condition):
        def __init__(self, name: str) -> None:
            super().__init__(Lock())
            self.name = name

        def wait(self, timeout: float | None = None) -> bool:
            calls.append(("wait", timeout is None))
            return super().wait(timeout)

        def notify(self, n: int = 1) -> None:
            calls.append(("notify", n))
            super().notify(n)

    condition = Noting("it")
    with condition:
        condition.wait_for(lambda: False, 0.001)
        condition.notify(2)
    assert condition.name == "it"
    assert calls[0] == ("wait", False)
    assert ("notify", 2) in calls


def test_a_lock_that_fails_to_be_released_leaves_no_waiter_behind() -> None:
    class Failing(MinimalLock):
        fails = False

        def release(self) -> None:
            if self.fails:
                raise ArithmeticError
            super().release()

    lock = Failing()
    condition: Any = Condition(lock)  # type: ignore[arg-type]
    lock.acquire()
    lock.fails = True
    with pytest.raises(ArithmeticError):
        condition.wait(5)
    lock.fails = False
    assert repr(condition).endswith(", 0)>")
    # Had the failed wait kept its place, it would take this notification.
    lock.release()

    def wait() -> bool:
        with condition:
            return bool(condition.wait())

    with Crew() as crew:
        waiter = crew.start(wait).until_asleep("Condition")
        with condition:
            condition.notify()
        assert waiter.result() is True


def test_a_lock_that_cannot_be_taken_back_says_so() -> None:
    class Failing(MinimalLock):
        calls = 0

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            if not blocking:
                return super().acquire(False)
            self.calls += 1
            if self.calls == 2:
                raise ArithmeticError
            return super().acquire(blocking, timeout)

    condition: Any = Condition(Failing())  # type: ignore[arg-type]
    condition.acquire()
    with pytest.raises(ArithmeticError):
        condition.wait(0.001)
    # As in the standard library, the lock is free then.
    assert condition.acquire(False)


def test_a_lock_with_ways_of_its_own_is_used_by_them() -> None:
    calls: list[str] = []

    class Owned:
        def __init__(self) -> None:
            self._lock = standard.Lock()

        def acquire(self, *args: Any) -> bool:
            calls.append("acquire")
            return self._lock.acquire(*args)

        def release(self) -> None:
            calls.append("release")
            self._lock.release()

        def _is_owned(self) -> bool:
            calls.append("_is_owned")
            return self._lock.locked()

        def _release_save(self) -> str:
            calls.append("_release_save")
            self._lock.release()
            return "saved"

        def _acquire_restore(self, state: str) -> None:
            calls.append(f"_acquire_restore {state}")
            self._lock.acquire()

    condition: Any = Condition(Owned())  # type: ignore[arg-type]
    condition.acquire()
    condition.wait(0.001)
    condition.notify()
    condition.release()
    assert calls == [
        "acquire",
        "_is_owned",
        "_release_save",
        "_acquire_restore saved",
        "_is_owned",
        "release",
    ]


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_lock_between_processes_can_be_used(kind: str) -> None:
    import multiprocessing

    def outcome(condition_class: Any) -> object:
        condition = condition_class(getattr(multiprocessing, kind)())
        condition.acquire()
        try:
            return condition.wait(0.001)
        except RuntimeError as error:
            # A reentrant one without `_is_owned` looks free to its own holder.
            return str(error)

    assert outcome(Condition) == outcome(standard.Condition)


def test_two_conditions_may_share_a_lock() -> None:
    lock = Lock()
    first, second = Condition(lock), Condition(lock)

    def wait(condition: Condition) -> bool:
        with condition:
            return condition.wait()

    with Crew() as crew:
        waiters = [crew.start(wait, each).until_asleep("Condition") for each in (first, second)]
        with lock:
            second.notify()
        assert waiters[1].result() is True
        assert is_asleep(waiters[0].thread)
        with first:
            first.notify()
        assert waiters[0].result() is True


def test_a_second_init_disturbs_nobody_who_waits() -> None:
    condition = Condition()

    def wait() -> bool:
        with condition:
            return condition.wait()

    with Crew() as crew:
        waiter = crew.start(wait).until_asleep("Condition")
        condition.__init__(Lock())  # type: ignore[misc]
        with condition:
            condition.notify()
        assert waiter.result() is True
