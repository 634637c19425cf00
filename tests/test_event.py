"""`Event`, beside the standard library's and by itself."""

from __future__ import annotations

import time
from typing import Any

import pytest
from against_standard import SHORT, assert_same, common, ours
from crew import Crew, is_asleep
from ironthread.threading import Event

SET = "e = Event(); e.set(); "

SAME = [
    *common("Event()"),
    *(f"Event().wait({limit})" for limit in SHORT),
    *(f"Event().wait(timeout={limit})" for limit in ("0", "-1", "1e100")),
    *(f"{SET}e.wait({limit})" for limit in ("None", "0", "-1", "5", "inf", "1e100", "nan")),
    "Event().is_set()",
    f"{SET}e.is_set()",
    f"{SET}e.clear(); e.is_set()",
    f"{SET}e.set(); e.clear(); e.clear(); e.is_set()",
    "Event().set()",
    "Event().clear()",
    "Event().set(1)",
    "Event().clear(1)",
    "Event().is_set(1)",
    "Event().wait(0, 1)",
    "Event(1)",
    "repr(Event())",
    f"{SET}repr(e)",
    f"{SET}e._flag",
    "e = Event(); e.x = 5; e.x",
    "Event()[int]",
    f"{SET}e._at_fork_reinit(); e.is_set()",
    "C = type('C', (Event,), {'__module__': 'm'}); repr(C())",
    "C = type('C', (Event,), {'__init__': lambda self, a: Event.__init__(self)}); C(1).wait(0)",
    "C = type('C', (Event,), {}); isinstance(C(), Event)",
    "signature(Event)",
    "signature(Event.wait)",
    "signature(Event.set)",
    "Event.__name__",
    "Event.__qualname__",
    "Event.__module__",
    "type(Event()._cond).__name__",
]
DIFFERENT: dict[str, type[Exception]] = {
    f"{SET}e.wait('x')": TypeError,
    f"{SET}e.wait(10**400)": OverflowError,
    "Event().wait(nan)": ValueError,
}


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("code", DIFFERENT)
def test_arguments_without_sense_are_refused(code: str) -> None:
    assert ours(code).raised is DIFFERENT[code]


def test_the_old_name_warns() -> None:
    with pytest.warns(DeprecationWarning, match="is_set"):
        assert Event().isSet() is False


def test_setting_it_wakes_all_who_wait() -> None:
    event = Event()
    with Crew() as crew:
        waiters = [crew.start(event.wait).until_asleep("Event") for _ in range(5)]
        waiters += [crew.start(event.wait, 30.0).until_asleep("Event") for _ in range(5)]
        event.set()
        assert [waiter.result() for waiter in waiters] == [True] * 10
    assert event.wait() is True


def test_who_waits_when_it_is_set_is_let_go_even_if_it_is_cleared_at_once() -> None:
    event = Event()
    with Crew() as crew:
        for _ in range(50):
            waiters = [crew.start(event.wait).until_asleep("Event") for _ in range(3)]
            event.set()
            event.clear()
            assert [waiter.result() for waiter in waiters] == [True] * 3
    assert not event.is_set()


def test_who_comes_after_it_was_cleared_waits() -> None:
    event = Event()
    event.set()
    event.clear()
    with Crew() as crew:
        waiter = crew.start(event.wait).until_asleep("Event")
        event.clear()
        assert is_asleep(waiter.thread)
        event.set()
        assert waiter.result() is True


def test_a_time_limit_is_kept() -> None:
    event = Event()
    begin = time.monotonic()
    assert event.wait(0.05) is False
    # Never before the time; the upper bound leaves room for a busy machine.
    assert 0.05 <= time.monotonic() - begin < 1.05
    event.set()
    assert event.wait(0.05) is True


def test_its_condition_is_notified_when_it_is_set() -> None:
    # Programs wait for one of many events by the condition inside.
    event: Any = Event()
    with Crew() as crew:

        def wait() -> bool:
            with event._cond:
                while not event._flag:
                    event._cond.wait()
            return bool(event.is_set())

        waiter = crew.start(wait).until_asleep("Condition")
        plain = crew.start(event.wait).until_asleep("Event")
        event.set()
        assert waiter.result() is True
        assert plain.result() is True


def test_a_subclass_may_override_set_and_clear() -> None:
    class Counting(Event):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name, self.times = name, 0

        def set(self) -> None:
            self.times += 1
            super().set()

    event = Counting("it")
    with Crew() as crew:
        waiter = crew.start(event.wait).until_asleep("Event")
        event.set()
        assert waiter.result() is True
    assert (event.name, event.times) == ("it", 1)
