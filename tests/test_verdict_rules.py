"""The rules of the verdict where no program can be made to show them on any machine."""

from __future__ import annotations

from typing import Any

import pytest
from ironthread.report.collect import Report, Site, Thread
from ironthread.report.gil import Gil
from ironthread.report.processors import Processors
from ironthread.report.usage import LockUse, Usage
from ironthread.report.waited import Spread, Waited

ELAPSED = 10.0


def report_with(cpu: float = 1.0, **parts: Any) -> Report:
    """A report on a program that ran for ten seconds."""
    facts = {"threads": [], "sites": []} | parts
    return Report(["app.py"], ELAPSED, cpu, **facts)


def gil(
    contended: float,
    blocked: float = 0.0,
    slower: float | None = None,
    handed: float = 0.0,
    waiters: int = 3,
) -> Gil:
    """The GIL, with so many threads that wait for it while it is contended or handed over."""
    waited = waiters * (contended + handed)
    return Gil(1000, ELAPSED, contended, contended, waited, blocked, slower, handed)


def lock(line: int, occupied: float) -> tuple[Site, LockUse]:
    """A lock that somebody waited for, for so many seconds."""
    origin = ("/p/app.py", line)
    site = Site("Lock", origin, 1, Waited(100, occupied, 1.0), Spread(), occupied)
    return site, LockUse("Lock", origin, 1, 200, 100, Waited(), Spread())


def codes(report: Report) -> list[str]:
    """What is told, in its order."""
    return [verdict.code for verdict in report.verdict]


def locked(*locks: tuple[Site, LockUse]) -> dict[str, Any]:
    """The parts of a report on these locks."""
    return {"sites": [site for site, _ in locks], "usage": Usage([use for _, use in locks])}


@pytest.mark.parametrize(
    ("slower", "said"),
    [
        (0.26, "at least 26% longer than one thread would have taken"),
        (0.02, "One thread would have been as fast"),
        (-0.05, "One thread would have been as fast"),
        (-0.5, "at most 2.0 times as fast as one thread"),
    ],
)
def test_what_threads_gained_is_told_as_a_bound(slower: float, said: str) -> None:
    (verdict,) = report_with(gil=gil(0.9, slower=slower)).verdict
    assert said in verdict.finding()


def test_of_what_threads_gained_nothing_is_said_where_it_was_not_seen() -> None:
    (verdict,) = report_with(gil=gil(0.9)).verdict
    assert "one thread" not in verdict.finding().lower()


def test_what_it_takes_to_hand_it_over_is_told_in_place_of_a_bound() -> None:
    (verdict,) = report_with(gil=gil(0.3, slower=-0.3, handed=0.4)).verdict
    assert "For 40% nobody had it" in verdict.finding()
    assert "one thread" not in verdict.finding()
    assert verdict.weight == pytest.approx(0.7)


def test_two_threads_are_ill_of_the_gil_when_handing_it_over_takes_much() -> None:
    assert codes(report_with(gil=gil(0.4, handed=0.2, waiters=1))) == ["gil"]
    assert codes(report_with(gil=gil(0.6, waiters=1))) == []


ROW = {
    "looks": 400,
    "observed": 5.0,
    "held": 4.0,
    "contended": 4.0,
    "waited": 9.0,
    "blocked": 0.0,
    "handed": 0.0,
    "told": 4.0,
    "taken": 0.0,
    "computed": 3.2,
    "stalled": 0.0,
    "away": 0.0,
}
"""What the engine tells of the GIL, in seconds: threads lost a quarter."""


@pytest.mark.parametrize(
    ("facts", "slower"),
    [
        ({}, 0.25),
        ({"stalled": 0.8}, 0.0),  # one that sleeps with the GIL would have slept alone, too
        ({"away": 4.8}, -0.5),  # one thread would have waited for its input by itself
        ({"taken": 0.16}, 0.2),  # others had that
        ({"taken": 0.5}, None),
        ({"told": 0.1}, None),
    ],
)
def test_threads_are_compared_with_all_that_one_would_have_had_to_do(
    facts: dict[str, float], slower: float | None
) -> None:
    seen = Gil.of(ROW | facts)
    assert seen is not None
    assert seen.slower == (None if slower is None else pytest.approx(slower))


def test_a_lock_that_is_waited_for_apart_from_the_gil_is_told_beside_it() -> None:
    assert codes(report_with(gil=gil(0.5), **locked(lock(1, 4.5)))) == ["gil", "lock"]


def test_a_lock_that_is_waited_for_while_the_gil_is_wanted_may_be_its_doing() -> None:
    report = report_with(gil=gil(0.8, blocked=0.4), **locked(lock(1, 5.0)))
    assert codes(report) == ["gil"]


def test_a_lock_is_told_alone_when_the_gil_does_not_suffice() -> None:
    report = report_with(gil=gil(0.4, blocked=0.4), **locked(lock(1, 6.0)))
    assert codes(report) == ["lock"]


def test_neither_is_told_when_they_do_not_suffice_together() -> None:
    assert codes(report_with(**locked(lock(1, 4.0)))) == []
    assert codes(report_with(gil=gil(0.4))) == []


def test_of_many_locks_the_three_weightiest_are_told() -> None:
    report = report_with(**locked(*(lock(line, 4.0 + line) for line in range(1, 6))))
    assert [verdict.origin for verdict in report.verdict] == [
        ("/p/app.py", line) for line in (5, 4, 3)
    ]


@pytest.mark.parametrize(
    ("cpu", "crowded", "runnable", "told"),
    [
        (19.0, 0.9, 12.0, ["processors"]),
        (12.0, 0.9, 12.0, []),  # others have the processors
        (19.0, 0.3, 2.3, []),  # a short crowd
        (19.0, 0.9, 2.9, []),  # hardly more threads than processors
    ],
)
def test_processors_are_the_limit_when_the_program_has_them_all(
    cpu: float, crowded: float, runnable: float, told: list[str]
) -> None:
    seen = Processors(2, ELAPSED, crowded, runnable)
    assert codes(report_with(cpu, processors=seen)) == told


def test_who_has_the_gil_and_no_processor_does_not_make_it_the_limit() -> None:
    others_have_them = Processors(2, ELAPSED, 0.9, 12.0, 0.6)
    assert codes(report_with(10.0, processors=others_have_them, gil=gil(0.6))) == []
    has_them = Processors(2, ELAPSED, 0.9, 3.6, 0.4)
    assert codes(report_with(19.0, processors=has_them, gil=gil(0.6))) == ["processors"]


@pytest.mark.parametrize(("runnable", "stretched"), [(2.9, 0.3), (3.6, 0.38)])
def test_who_hands_the_gil_over_hardly_waits_for_a_processor(
    runnable: float, stretched: float
) -> None:
    seen = Processors(2, ELAPSED, 0.6, runnable, stretched)
    assert codes(report_with(12.0, processors=seen, gil=gil(0.3, handed=0.4))) == ["gil"]


def test_threads_that_want_a_processor_are_not_in_input_and_output() -> None:
    parts = fetching() | {"processors": Processors(2, ELAPSED, 0.9, 3.0)}
    assert codes(report_with(**parts)) == []


@pytest.mark.parametrize(("stretched", "told"), [(0.0, ["too-many-threads"]), (0.5, [])])
def test_threads_are_not_too_many_because_others_have_the_processors(
    stretched: float, told: list[str]
) -> None:
    parts = fetching(1000, cpu=0.0025)
    start = Site("Thread.start", ("/p/app.py", 6), 1000, Waited(1000, 5.0, 0.1), Spread(), 5.0)
    parts["sites"] = [start]
    parts["processors"] = Processors(2, ELAPSED, 0.0, 1.0, stretched)
    assert codes(report_with(5.0, **parts)) == told


def fetching(count: int = 4, **facts: Any) -> dict[str, Any]:
    """Threads of one line that did next to nothing until they were joined."""
    origin = ("/p/app.py", 7)
    life: dict[str, Any] = {
        "started": 0.0,
        "ended": ELAPSED,
        "alive": False,
        "cpu": 0.1,
        "origin": origin,
    }
    threads = [
        Thread(f"fetch-{each}", each, each, False, **(life | facts)) for each in range(count)
    ]
    site = Site("Thread.join", origin, count, Waited(count, 9.0, 9.0), Spread(), 9.0)
    return {"threads": threads, "sites": [site], "processors": Processors(2, ELAPSED, 0.0, 0.1)}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (fetching(), ["io"]),
        (fetching(count=1), []),
        (fetching(accepting=5.0), []),
        (fetching(alive=True), []),
        (fetching(origin=("/p/app.py", 8)), []),
        (fetching() | {"processors": None}, []),
    ],
)
def test_threads_that_may_serve_are_not_told_to_be_in_input_and_output(
    parts: dict[str, Any], told: list[str]
) -> None:
    assert codes(report_with(**parts)) == told
