"""`Barrier`, beside the standard library's and by itself."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest
from against_standard import SHORT, assert_same, common, ours
from crew import Crew, Member, is_asleep, until
from ironthread.threading import Barrier, BrokenBarrierError
from programs import run_program

BROKEN = "b = Barrier(2); b.abort(); "

SAME = [
    *common("Barrier(2)"),
    *(f"Barrier(2).wait({limit})" for limit in SHORT),
    *(f"Barrier(2, None, {limit}).wait()" for limit in SHORT),
    *(f"Barrier(1).wait({limit})" for limit in ("None", "0", "-1", "5")),
    "Barrier()",
    "Barrier(1, 2, 3, 4)",
    "Barrier(parties=2, action=None, timeout=3).parties",
    "Barrier(3).parties",
    "Barrier(3).n_waiting",
    "Barrier(3).broken",
    "Barrier(1).wait()",
    "Barrier(1).wait(timeout=5)",
    "Barrier(1).wait(1, 2)",
    "Barrier(1, lambda: 5).wait()",
    "Barrier(1, lambda: 1 / 0).wait()",
    "Barrier(1, 5).wait()",
    "Barrier(1, 0).wait()",
    "Barrier(1, lambda a: 0).wait()",
    "Barrier(1, Untrue()).wait()",
    f"{BROKEN}b.wait()",
    f"{BROKEN}b.broken",
    f"{BROKEN}b.n_waiting",
    f"{BROKEN}b.abort(); b.reset(); b.broken",
    f"{BROKEN}repr(b)",
    "Barrier(2).reset()",
    "Barrier(2).abort()",
    "Barrier(2).reset(1)",
    "Barrier(2).abort(1)",
    "repr(Barrier(5))",
    "b = Barrier(2); b.parties = 5",
    "b = Barrier(2); b.n_waiting = 5",
    "b = Barrier(2); b.broken = True",
    "b = Barrier(2); b.x = 5; b.x",
    "Barrier(2)[int]",
    "C = type('C', (Barrier,), {'__module__': 'm'}); repr(C(2))",
    "C = type('C', (Barrier,), {'__init__': lambda self: Barrier.__init__(self, 1)}); C().wait()",
    "C = type('C', (Barrier,), {}); isinstance(C(1), Barrier)",
    "signature(Barrier)",
    "signature(Barrier.wait)",
    "Barrier.__name__",
    "Barrier.__qualname__",
    "Barrier.__module__",
    "issubclass(BrokenBarrierError, RuntimeError)",
]
SINCE_3_13 = ["Barrier(0)", "Barrier(-1)", "Barrier('x')", "Barrier(None)", "Barrier([])"]
PENDING = ["Barrier(1).wait(inf)", "Barrier(1).wait(1e100)", "Barrier(2.0).parties"]


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("code", SINCE_3_13)
def test_a_number_of_parties_without_sense_is_refused_on_every_version(code: str) -> None:
    if sys.version_info >= (3, 13):
        assert_same(code)
    assert ours(code).raised in (ValueError, TypeError)


@pytest.mark.xfail(strict=True, reason="arguments are looked at whether or not they matter")
@pytest.mark.parametrize("code", PENDING)
def test_what_does_not_matter_is_not_looked_at(code: str) -> None:
    assert_same(code)


def start_waiting(crew: Crew, barrier: Barrier, count: int) -> list[Member[int]]:
    return [crew.start(barrier.wait).until_asleep("Barrier") for _ in range(count)]


def assert_thrown_out(crew: Crew, members: list[Member[int]]) -> None:
    for member in members:
        with pytest.raises(BrokenBarrierError):
            member.result()
    crew.dismiss(members)


def test_all_are_let_go_when_the_last_has_come() -> None:
    barrier = Barrier(5)
    with Crew() as crew:
        for _ in range(3):
            members = start_waiting(crew, barrier, 4)
            assert barrier.n_waiting == 4
            places = [barrier.wait()] + [member.result() for member in members]
            assert sorted(places) == [0, 1, 2, 3, 4]
            # The last to come has the last place.
            assert places[0] == 4
            assert barrier.n_waiting == 0


def test_the_last_to_come_acts_before_any_is_let_go() -> None:
    import threading

    acted: list[object] = []

    def act() -> None:
        assert all(is_asleep(member.thread) for member in members)
        acted.append(threading.current_thread())

    barrier = Barrier(3, act)
    with Crew() as crew:
        members = start_waiting(crew, barrier, 2)
        barrier.wait()
        for member in members:
            member.result()
    assert acted == [threading.current_thread()]


def test_an_action_that_raises_breaks_the_barrier() -> None:
    fails = True

    def act() -> None:
        if fails:
            raise ArithmeticError

    barrier = Barrier(3, act)
    with Crew() as crew:
        members = start_waiting(crew, barrier, 2)
        with pytest.raises(ArithmeticError):
            barrier.wait()
        assert_thrown_out(crew, members)
        assert barrier.broken
        with pytest.raises(BrokenBarrierError):
            barrier.wait()
        fails = False
        barrier.reset()
        members = start_waiting(crew, barrier, 2)
        assert barrier.wait() == 2


def test_an_action_can_look_at_the_barrier_and_wait_for_other_things() -> None:
    import threading

    go = threading.Event()
    seen: list[object] = []

    def act() -> None:
        go.wait()
        seen.append((barrier.parties, barrier.broken, repr(barrier).count("waiters=")))

    barrier = Barrier(2, act)
    with Crew() as crew:
        [member] = start_waiting(crew, barrier, 1)
        acting = crew.start(barrier.wait)
        # A third comes too early, and is kept out until the others have left.
        third = crew.start(barrier.wait).until_asleep("Barrier")
        go.set()
        assert sorted([member.result(), acting.result()]) == [0, 1]
        assert sorted([barrier.wait(), third.result()]) == [0, 1]
    assert seen[0] == (2, False, 1)


def test_one_whose_time_is_up_breaks_the_barrier_for_all() -> None:
    barrier = Barrier(4)
    with Crew() as crew:
        members = start_waiting(crew, barrier, 2)
        begin = time.monotonic()
        with pytest.raises(BrokenBarrierError):
            barrier.wait(0.05)
        # Never before the time; the upper bound leaves room for a busy machine.
        assert 0.05 <= time.monotonic() - begin < 1.05
        assert_thrown_out(crew, members)
    assert barrier.broken


def test_the_barrier_has_a_time_limit_of_its_own_that_a_wait_may_replace() -> None:
    barrier = Barrier(2, timeout=0.05)
    with pytest.raises(BrokenBarrierError):
        barrier.wait()
    barrier.reset()
    with Crew() as crew:
        member = crew.start(barrier.wait, 30.0).until_asleep("Barrier")
        time.sleep(0.1)
        assert not barrier.broken
        assert barrier.wait() == 1
        assert member.result() == 0


def test_a_reset_throws_out_who_waits_and_makes_it_as_new() -> None:
    barrier = Barrier(3)
    with Crew() as crew:
        for _ in range(3):
            members = start_waiting(crew, barrier, 2)
            barrier.reset()
            assert_thrown_out(crew, members)
            assert not barrier.broken
            members = start_waiting(crew, barrier, 2)
            assert barrier.wait() == 2
            assert sorted(member.result() for member in members) == [0, 1]


def test_an_abort_throws_out_who_waits_and_who_comes() -> None:
    barrier = Barrier(3)
    with Crew() as crew:
        members = start_waiting(crew, barrier, 2)
        barrier.abort()
        assert_thrown_out(crew, members)
    for _ in range(2):
        with pytest.raises(BrokenBarrierError):
            barrier.wait()
    assert (barrier.broken, barrier.n_waiting) == (True, 0)


def test_who_comes_early_for_the_next_round_waits_until_all_have_left() -> None:
    barrier = Barrier(3)
    rounds: list[list[int]] = [[] for _ in range(50)]
    with Crew() as crew:

        def run() -> None:
            for places in rounds:
                places.append(barrier.wait())

        for _ in range(3):
            crew.start(run)
    assert all(sorted(places) == [0, 1, 2] for places in rounds)


def test_repr_tells_how_many_wait() -> None:
    barrier = Barrier(3)
    with Crew() as crew:
        members = start_waiting(crew, barrier, 2)
        assert repr(barrier).endswith(": waiters=2/3>")
        barrier.abort()
        assert repr(barrier).endswith(": broken>")
        assert_thrown_out(crew, members)


def test_a_subclass_may_have_an_init_and_an_action_of_its_own() -> None:
    class Phased(Barrier):
        def __init__(self, parties: int, *, name: str) -> None:
            super().__init__(parties, self.step)
            self.name, self.phase = name, 0

        def step(self) -> None:
            self.phase += 1

    barrier = Phased(2, name="it")
    with Crew() as crew:
        for _ in range(3):
            member = crew.start(barrier.wait).until_asleep("Barrier")
            barrier.wait()
            member.result()
    assert (barrier.name, barrier.phase) == ("it", 3)


def test_a_subclass_with_a_state_of_its_own_gets_the_algorithm_over_it() -> None:
    from ironthread.threading import Condition

    class Kept(Barrier):
        def __init__(self, parties: int) -> None:
            self._parties = parties
            self._action = None
            self._timeout = None
            self._cond = Condition()
            self.kept = {"state": 0, "count": 0}

        @property
        def _state(self) -> int:
            return self.kept["state"]

        @_state.setter
        def _state(self, value: int) -> None:
            self.kept["state"] = value

        @property
        def _count(self) -> int:
            return self.kept["count"]

        @_count.setter
        def _count(self, value: int) -> None:
            self.kept["count"] = value

    barrier: Any = Kept(3)
    with Crew() as crew:
        members = [crew.start(barrier.wait).until_asleep("Condition") for _ in range(2)]
        assert barrier.kept == {"state": 0, "count": 2}
        assert (barrier.n_waiting, barrier.parties, barrier.broken) == (2, 3, False)
        assert barrier.wait() == 2
        for member in members:
            member.result()
        members = [crew.start(barrier.wait).until_asleep("Condition") for _ in range(2)]
        barrier.abort()
        assert_thrown_out(crew, members)
        assert barrier.broken
        until(lambda: barrier.kept["count"] == 0)
        barrier.reset()
        assert not barrier.broken


BETWEEN_PROCESSES = """
    import ironthread
    ironthread.install()
    import multiprocessing, threading
    from threading import BrokenBarrierError

    def meet(barrier, results, patient):
        try:
            results.put(barrier.wait(30 if patient else 0.1))
        except BrokenBarrierError:
            results.put("broken")

    def run(context, barrier, patient):
        results = context.Queue()
        processes = [
            context.Process(target=meet, args=(barrier, results, patient)) for _ in range(2)
        ]
        for process in processes:
            process.start()
        received = sorted((results.get(timeout=30) for _ in range(2)), key=str)
        for process in processes:
            process.join()
        return received

    if __name__ == "__main__":
        context = multiprocessing.get_context("fork")
        assert run(context, context.Barrier(2), True) == [0, 1]
        barrier = context.Barrier(3)
        assert run(context, barrier, False) == ["broken"] * 2
        assert barrier.broken
        barrier.reset()
        assert (barrier.broken, barrier.parties, barrier.n_waiting) == (False, 3, 0)
        assert "waiters=0/3" in repr(barrier) or "at 0x" in repr(barrier)
        assert isinstance(barrier, threading.Barrier)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system does not fork")
def test_the_barrier_between_processes_works_with_ours_installed() -> None:
    run_program(BETWEEN_PROCESSES, limit=60.0)
