"""The soak in its short form: exact figures, and nothing that grows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent / "soak"))

from account import differences, of_report, unequal_waits
from long_run import REAL_PROGRAMS, soak
from points import GROWTH_ALLOWED, Point, excesses, growth
from tally import Counts


def test_what_is_observed_is_what_the_program_has_counted() -> None:
    soaked = soak(12.0)

    assert soaked.faults == [], "\n".join(soaked.faults)
    assert soaked.answers > 5
    assert soaked.points[-1].operations > 10_000


def test_real_programs_lose_and_double_nothing_and_the_figures_are_theirs() -> None:
    soaked = soak(8.0, REAL_PROGRAMS)

    assert soaked.faults == [], "\n".join(soaked.faults)
    assert soaked.answers > 3
    assert soaked.points[-1].operations > 1_000


REPORT = {
    "threads": {"started": 3},
    "locks": [{"origin": {"file": "/soak/a.py", "line": 7}, "objects": 1, "acquired": 5}],
    "queues": [],
    "pools": [],
}
LINES = {"a.py:7": "locks hot"}
COUNTS = Counts({"threads started": 3, "locks hot objects": 1, "locks hot acquired": 5})


def test_a_figure_that_is_lost_or_doubled_is_found() -> None:
    assert differences(of_report(REPORT, LINES), COUNTS) == []
    for figure in COUNTS:
        more = COUNTS + Counts({figure: 1})
        assert differences(of_report(REPORT, LINES), more) == [
            f"{figure}: {more[figure]} counted, {COUNTS[figure]} observed"
        ]


def test_a_wait_that_only_its_thread_knows_is_found() -> None:
    waits = [{"kind": "Lock", "count": 2}, {"kind": "Lock", "count": 1}]
    threads = [{"waited": {"Lock": {"count": 3}}}]
    snapshot = {"waits": waits, "threads": threads, "ended": {"waited": {}}}
    assert unequal_waits(snapshot) == []

    snapshot["ended"] = {"waited": {"Lock": {"count": 1}}}
    assert unequal_waits(snapshot) == ["waits for Lock: 4 by thread, 3 by line"]


def points(**each: Sequence[int]) -> list[Point]:
    """Points a second apart, of a process that takes these and otherwise the same."""
    usual = dict.fromkeys(("resident", "threads", "descriptors", "rows", "remembered"), 1)
    count = max(len(values) for values in each.values())
    return [
        Point(
            seconds=float(second),
            operations=second,
            **(usual | {name: values[second] for name, values in each.items()}),
        )
        for second in range(count)
    ]


def test_memory_may_come_and_go_but_not_grow() -> None:
    grown = [1000 * second for second in range(100)]
    assert growth(points(resident=grown)) == pytest.approx(99_000)
    assert excesses(points(resident=[GROWTH_ALLOWED, 0] * 50)) == []
    assert excesses(points(resident=[GROWTH_ALLOWED * second for second in range(100)]))
    # What a program takes at first it may keep.
    assert excesses(points(resident=[0] * 20 + [GROWTH_ALLOWED * 9] * 80)) == []
    # So is a step of a MiB, wherever it comes.
    for step in range(100):
        assert excesses(points(resident=[0] * step + [1 << 20] * (100 - step))) == []


@pytest.mark.parametrize("name", ["threads", "descriptors"])
def test_threads_and_descriptors_stay_as_many_as_they_were(name: str) -> None:
    assert excesses(points(**{name: [5, 6, 5, 5, 6]})) == []
    assert excesses(points(**{name: [5, 5, 6, 6, 7]})) == [f"{name}: 5 to 7"]
