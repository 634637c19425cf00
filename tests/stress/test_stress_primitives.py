"""Many threads at one primitive: what it protects stays whole, and no wake-up is lost (it shows as a hang)."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from crew import Crew
from ironthread.threading import (
    Barrier,
    BoundedSemaphore,
    BrokenBarrierError,
    Condition,
    Event,
    Lock,
    RLock,
    Semaphore,
)
from programs import run_program
from waits import MinimalLock

THREADS = 8


@pytest.fixture(params=["normal", "eager"])
def switching(request: pytest.FixtureRequest) -> Iterator[None]:
    """Threads take turns as usual, or all the time."""
    before = sys.getswitchinterval()
    if request.param == "eager":
        sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def amount(long: bool) -> int:
    """How often each thread does its step."""
    return 50_000 if long else 4_000


class Counter:
    """A number whose increment is not atomic: other threads run in its middle."""

    def __init__(self) -> None:
        self.value = 0

    def increment(self, yielding: bool) -> None:
        value = self.value
        if yielding:
            time.sleep(0)
        self.value = value + 1


EXCLUSIVE: dict[str, Callable[[], Any]] = {
    "lock": Lock,
    "rlock": RLock,
    "semaphore": lambda: Semaphore(1),
    "bounded semaphore": lambda: BoundedSemaphore(1),
    "condition": Condition,
    "condition over a lock": lambda: Condition(Lock()),
    "condition over a foreign lock": lambda: Condition(MinimalLock()),  # type: ignore[arg-type]
}


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("name", EXCLUSIVE)
def test_one_thread_at_a_time_is_inside(name: str, long: bool) -> None:
    lock, counter, each = EXCLUSIVE[name](), Counter(), amount(long)

    def work(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(each):
            with lock:
                counter.increment(rng.random() < 0.05)

    with Crew(1000.0) as crew:
        for seed in range(THREADS):
            crew.start(work, seed)
    assert counter.value == THREADS * each


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("name", [name for name in EXCLUSIVE if "condition" not in name])
def test_time_limits_race_with_releases_and_nothing_is_lost(name: str, long: bool) -> None:
    lock, counter, each = EXCLUSIVE[name](), Counter(), amount(long) // 4

    def work(seed: int) -> int:
        rng = random.Random(seed)
        entered = 0
        for _ in range(each):
            how = rng.random()
            if how < 0.5:
                acquired = lock.acquire(timeout=rng.random() * 1e-4)
            elif how < 0.6:
                acquired = lock.acquire(blocking=False)
            else:
                acquired = lock.acquire()
            if acquired:
                entered += 1
                counter.increment(rng.random() < 0.3)
                lock.release()
        return entered

    with Crew(1000.0) as crew:
        members = [crew.start(work, seed) for seed in range(THREADS)]
        entered = sum(member.result(1000.0) for member in members)
    assert counter.value == entered
    assert lock.acquire(blocking=False)


@pytest.mark.usefixtures("switching")
def test_an_rlock_keeps_its_depth_under_contention(long: bool) -> None:
    lock, counter, each = RLock(), Counter(), amount(long) // 4

    def work(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(each):
            depth = rng.randrange(1, 5)
            for _ in range(depth):
                assert lock.acquire(timeout=600.0)
            counter.increment(rng.random() < 0.05)
            for _ in range(depth):
                lock.release()
            if rng.random() < 0.1:
                with pytest.raises(RuntimeError):
                    lock.release()

    with Crew(1000.0) as crew:
        for seed in range(THREADS):
            crew.start(work, seed)
    assert counter.value == THREADS * each


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("make", [Semaphore, BoundedSemaphore])
def test_a_semaphore_lets_in_no_more_than_its_value_and_loses_none(
    make: type[Semaphore], long: bool
) -> None:
    value, each = 3, amount(long) // 2
    semaphore = make(value)
    inside: list[int] = []
    most = 0

    def work(seed: int) -> None:
        nonlocal most
        rng = random.Random(seed)
        for _ in range(each):
            if rng.random() < 0.5:
                semaphore.acquire()
            elif not semaphore.acquire(timeout=rng.random() * 1e-4):
                continue
            inside.append(seed)
            most = max(most, len(inside))
            if rng.random() < 0.1:
                time.sleep(0)
            inside.pop()
            semaphore.release()

    with Crew(1000.0) as crew:
        for seed in range(THREADS):
            crew.start(work, seed)
    assert most <= value
    assert [semaphore.acquire(blocking=False) for _ in range(value + 1)] == [True] * value + [False]


@pytest.mark.usefixtures("switching")
def test_every_release_of_many_lets_as_many_in(long: bool) -> None:
    # Takers with and without time limits; a token that no taker gets although it waits shows as a hang.
    semaphore, each = Semaphore(0), amount(long)

    def take(seed: int) -> None:
        rng = random.Random(seed)
        taken = 0
        while taken < each:
            if rng.random() < 0.7:
                taken += semaphore.acquire()
            else:
                taken += semaphore.acquire(timeout=rng.random() * 1e-4)

    def give() -> None:
        rng = random.Random(4711)
        left = THREADS * each
        while left:
            number = min(left, rng.randrange(1, 6))
            semaphore.release(number)
            left -= number

    with Crew(1000.0) as crew:
        for seed in range(THREADS):
            crew.start(take, seed)
        crew.start(give)
    assert not semaphore.acquire(blocking=False)


CONDITIONS: dict[str, Callable[[], Condition]] = {
    "rlock": Condition,
    "lock": lambda: Condition(Lock()),
    "foreign": lambda: Condition(MinimalLock()),  # type: ignore[arg-type]
}


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("name", CONDITIONS)
def test_threads_pass_the_turn_on_by_notifications(name: str, long: bool) -> None:
    condition, rounds, players = CONDITIONS[name](), amount(long), 3
    turn = 0

    def play(player: int) -> None:
        nonlocal turn
        for _ in range(rounds):
            with condition:
                while turn % players != player:
                    assert condition.wait()
                turn += 1
                condition.notify_all()

    with Crew(1000.0) as crew:
        for player in range(players):
            crew.start(play, player)
    assert turn == players * rounds


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("name", CONDITIONS)
def test_a_notification_that_races_with_a_time_limit_is_not_lost(name: str, long: bool) -> None:
    # A buffer with one notification an item: one that went to a waiter who says that its time was up
    # would leave another waiter asleep beside an item.
    condition, each = CONDITIONS[name](), amount(long)
    takers, items = 4, 0

    def take(seed: int) -> None:
        nonlocal items
        rng = random.Random(seed)
        impatient = seed % 2 == 0
        taken = 0
        while taken < each:
            with condition:
                while items == 0:
                    notified = condition.wait(rng.random() * 1e-4 if impatient else None)
                    if impatient and not notified and rng.random() < 0.5:
                        break
                else:
                    items -= 1
                    taken += 1

    def give() -> None:
        nonlocal items
        for _ in range(takers * each):
            with condition:
                items += 1
                condition.notify()

    with Crew(1000.0) as crew:
        for seed in range(takers):
            crew.start(take, seed)
        crew.start(give)
    assert items == 0


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("name", CONDITIONS)
def test_no_more_waits_return_true_than_were_notified(name: str, long: bool) -> None:
    condition = CONDITIONS[name]()
    notified = 0
    over = False

    def wait(seed: int) -> int:
        rng = random.Random(seed)
        woken = 0
        with condition:
            while not over:
                woken += condition.wait(rng.random() * 1e-3)
        return woken

    with Crew(1000.0) as crew:
        members = [crew.start(wait, seed) for seed in range(THREADS)]
        for number in range(amount(long)):
            with condition:
                condition.notify(number % 4)
                notified += number % 4
                over = number + 1 == amount(long)
        woken = sum(member.result(1000.0) for member in members)
    assert woken <= notified


@pytest.mark.usefixtures("switching")
def test_an_event_that_is_set_and_cleared_all_the_time_lets_everybody_through(long: bool) -> None:
    event = Event()
    over = False
    each = amount(long) // 4

    def wait(seed: int) -> int:
        rng = random.Random(seed)
        passed = 0
        while passed < each:
            if rng.random() < 0.5:
                assert event.wait() is True
                passed += 1
            else:
                passed += event.wait(rng.random() * 1e-4)
        return passed

    def storm() -> None:
        while not over:
            event.set()
            event.clear()

    with Crew(1000.0) as crew:
        waiters = [crew.start(wait, seed) for seed in range(THREADS)]
        stormer = crew.start(storm)
        try:
            for waiter in waiters:
                waiter.result(1000.0)
        finally:
            over = True
        stormer.result()


@pytest.mark.usefixtures("switching")
def test_two_threads_hand_the_turn_over_by_events(long: bool) -> None:
    ping, pong, rounds = Event(), Event(), amount(long)

    def play(mine: Event, other: Event) -> None:
        for _ in range(rounds):
            assert mine.wait()
            mine.clear()
            other.set()

    with Crew(1000.0) as crew:
        crew.start(play, ping, pong)
        crew.start(play, pong, ping)
        ping.set()
    assert ping.is_set()
    assert not pong.is_set()


@pytest.mark.usefixtures("switching")
def test_a_barrier_keeps_its_threads_in_step_for_many_rounds(long: bool) -> None:
    parties, rounds = 5, amount(long) // 2
    numbers = count()
    trips: list[int] = []
    barrier = Barrier(parties, action=lambda: trips.append(next(numbers)))
    places: list[list[int]] = [[] for _ in range(rounds)]

    def work() -> None:
        for number in range(rounds):
            places[number].append(barrier.wait())
            # Nobody is more than one round ahead of anybody.
            assert len(trips) - number in (1, 2)

    with Crew(1000.0) as crew:
        for _ in range(parties):
            crew.start(work)
    assert trips == list(range(rounds))
    assert all(sorted(place) == list(range(parties)) for place in places)
    assert (barrier.n_waiting, barrier.broken) == (0, False)


@pytest.mark.usefixtures("switching")
def test_a_barrier_survives_time_limits_resets_and_aborts(long: bool) -> None:
    barrier, each = Barrier(3), amount(long) // 4
    over = False

    def work(seed: int) -> tuple[int, int]:
        rng = random.Random(seed)
        passed = broken = 0
        while not over:
            try:
                barrier.wait(rng.random() * 1e-3 if rng.random() < 0.2 else None)
                passed += 1
            except BrokenBarrierError:
                broken += 1
        return passed, broken

    def disturb() -> None:
        rng = random.Random(1)
        for _ in range(each):
            if rng.random() < 0.2:
                barrier.abort()
            barrier.reset()
            time.sleep(0)

    with Crew(1000.0) as crew:
        workers = [crew.start(work, seed) for seed in range(6)]
        crew.start(disturb).result(1000.0)
        over = True
        while any(worker.is_alive for worker in workers):
            barrier.abort()
            time.sleep(0)
        passed, broken = map(sum, zip(*(worker.result() for worker in workers), strict=True))
    assert passed > 0
    assert broken > 0
    barrier.reset()
    with Crew() as crew:
        members = [crew.start(barrier.wait, 30.0) for _ in range(3)]
        assert sorted(member.result() for member in members) == [0, 1, 2]


# The main thread takes part, and its waits are interrupted, now and then by an exception.
SIGNALS = """
    import random, signal, sys
    from crew import Crew
    from ironthread.threading import Condition, Event, Lock, RLock, Semaphore
    from transfer import Interrupted, Trigger

    trigger, signals = Trigger(), 0

    def handler(number, frame):
        global signals
        signals += 1
        if signals % 3 == 0:
            trigger.pull()

    if sys.argv[3] == "eager":
        sys.setswitchinterval(1e-6)
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    lock = {
        "lock": Lock, "rlock": RLock, "semaphore": lambda: Semaphore(1), "condition": Condition
    }[sys.argv[1]]()
    rounds = int(sys.argv[2])
    value = 0

    def step():
        global value
        before = value
        for _ in range(3):
            pass
        value = before + 1

    def work():
        for _ in range(rounds):
            with lock:
                step()

    entered = 0
    with Crew(1000.0) as crew:
        for _ in range(3):
            crew.start(work)
        while entered < rounds:
            # As in transfer.py: nothing comes between the return of `acquire` and the noting of it.
            acquired = []
            try:
                trigger.armed = True
                acquired.extend(map(lock.acquire, [True]))
                trigger.armed = False
            except Interrupted:
                pass
            if acquired:
                entered += 1
                step()
                lock.release()
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert value == 4 * rounds, f"{value} instead of {4 * rounds}"
    assert lock.acquire(False)
    assert signals > 10, f"only {signals} signals"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no interval timers")
@pytest.mark.parametrize("switching", ["normal", "eager"])
@pytest.mark.parametrize("name", ["lock", "rlock", "semaphore", "condition"])
def test_one_thread_at_a_time_is_inside_in_a_storm_of_signals(
    name: str, switching: str, long: bool
) -> None:
    rounds, limit = ("300000", 1000.0) if long else ("30000", 60.0)
    run_program(SIGNALS, name, rounds, switching, limit=limit)
