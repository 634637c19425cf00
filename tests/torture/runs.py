"""Many runs, as many at a time as there are processors, and what is wrong with those that fail."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

from programs import Outcome, run_python

from torture import classes, endings, forks

LIMIT_SECONDS = 40.0
"""A run takes some tenths of a second; one that takes longer than this hangs."""


@dataclass(frozen=True)
class Program:
    """What a program's threads can be in the middle of, and how the outcome of a run is judged."""

    kinds: tuple[str, ...]
    faults: Callable[[str, int, str, Outcome], list[str]]


PROGRAMS = {
    "exits": Program(("starting", "joining", "blocked", "timers", "pools"), endings.faults),
    "forks": Program((*forks.CROWDS, *forks.METHODS), forks.faults),
}


def run(program: str, kind: str, seed: int, way: str) -> str:
    """Run one seed; return what is wrong with it, nothing if all is well."""
    try:
        outcome = run_python(*classes.command(program, kind, seed, way), limit=LIMIT_SECONDS)
    except AssertionError as error:
        return _report(program, kind, seed, way, str(error))
    wrong = PROGRAMS[program].faults(kind, seed, way, outcome)
    return _report(program, kind, seed, way, f"{'; '.join(wrong)}\n{outcome}") if wrong else ""


def run_all(program: str, kind: str, seeds: Iterable[int], way: str | None = None) -> Iterator[str]:
    """Run many seeds (each in a way of its own, if none is given); yield what is wrong with any."""
    seeds = list(seeds)
    ways = [way or classes.of_seed(seed) for seed in seeds]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(run, repeat(program), repeat(kind), seeds, ways))


def _report(program: str, kind: str, seed: int, way: str, fault: str) -> str:
    return (
        f"\n== {program} {kind} {seed} {way}: {fault}\n"
        f"again: cd tests && python -m torture {program} {kind} {seed} --way {way} --times 100\n"
    )
