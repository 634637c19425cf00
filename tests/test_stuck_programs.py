"""Whole programs that hang, or might: named with threads, locks and lines, and silent once cured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from programs import Outcome, run_python

PROGRAMS = Path(__file__).parent / "programs_stuck"
ABORTED = 86

# What is told of each, in any order; [a mark] is the line that bears it.
STUCK = {
    "crosswise": [
        "2 threads wait for one another:",
        "left waits for a Lock made at [second], held by right (since 0.",
        "holds a Lock made at [first], taken at [left has]: first.acquire()",
        "right waits for a Lock made at [first], held by left (since 0.",
        "holds a Lock made at [second], taken at [right has]: outer.acquire()",
    ],
    "philosophers": [
        "5 threads wait for one another:",
        *(
            f"seat-{seat} waits for a Lock made at [forks], held by seat-{(seat + 1) % 5} (since 0."
            for seat in range(5)
        ),
        "holds a Lock made at [forks], taken at [left]: with left:",
    ],
    "upgrade": [
        "all 3 threads wait, and nobody is left to wake them:",
        "anna waits for a Condition made at [turn] (since 0.",
        "bert waits for a Condition made at [turn] (since 0.",
        "MainThread waits for the end of a thread",
    ],
    "missed_notify": [
        "both threads wait, and nobody is left to wake them:",
        "consumer waits for a Condition made at [ready] (since 0.",
        "a notify() before its wait()",
    ],
    "result_under_lock": [
        "2 threads wait for one another:",
        "MainThread waits for the outcome of a call made at [future], run by adder_0 (since 0.",
        "holds a Lock made at [total], taken at [main has]: with total:",
        "adder_0 waits for a Lock made at [total], held by MainThread (since 0.",
        "let go of the lock before result()",
    ],
    "join_under_lock": [
        "2 threads wait for one another:",
        "MainThread waits for the end of a thread started at [started]: finisher (since 0.",
        "holds a Lock made at [state], taken at [main has]: with state:",
        "finisher waits for a Lock made at [state], held by MainThread (since 0.",
        "let go of the lock before join()",
    ],
    "partly": [
        "2 threads wait for one another:",
        "report waits for a Lock made at [orders], held by bill (since 0.",
        "holds a Lock made at [users], taken at [report has]:",
        "bill waits for a Lock made at [users], held by report (since 0.",
        "holds a Lock made at [orders], taken at [bill has]:",
    ],
    "pool_in_itself": [
        "all workers of a pool wait for calls that none is left to begin",
        "outer_0 waits for the outcome of a call",
    ],
}
LATENT = [
    "2 locks are taken in orders that can end in a deadlock:",
    "look_up held a Lock made at [cache], taken at",
    "[look_up takes cache], in look_up:",
    "and took a Lock made at [index], at",
    "[look_up takes index], in look_up:",
    "rebuild held a Lock made at [index], taken at",
    "[rebuild takes index], in rebuild:",
    "and took a Lock made at [cache], at",
    "[rebuild takes cache], in rebuild:",
]


def watched(program: str, how: str) -> Outcome:
    """The program, run as in a CI that is not to hang."""
    return run_python(
        *("-m", "ironthread", "run", "--lock-order", "--on-deadlock=abort", "--report=none"),
        *(str(PROGRAMS / f"{program}.py"), how),
        limit=60.0,
    )


def assert_told(outcome: Outcome, program: str, expected: list[str]) -> None:
    """All of what is expected is there, with the lines that bear the marks."""
    script = PROGRAMS / f"{program}.py"
    lines = script.read_text(encoding="utf-8").splitlines()
    marked = {
        found[1]: f"{script.name}:{number}"
        for number, line in enumerate(lines, 1)
        if (found := re.search(r"# \[(.*)\]$", line))
    }
    told = re.sub(r"\S*/(\w+\.py:\d+)", r"\1", outcome.err)
    for each in expected:
        sentence = re.sub(r"\[([^]]+)\]", lambda found: marked[found[1]], each)
        assert sentence in told, f"{sentence!r} is missing in\n{outcome}"


@pytest.mark.parametrize("program", STUCK)
def test_a_program_that_hangs_is_named_within_a_second_and_ended(program: str) -> None:
    outcome = watched(program, "stuck")
    assert outcome.status == ABORTED, outcome
    assert_told(outcome, program, STUCK[program])
    assert outcome.err.count("── ironthread ──") == 1, outcome


def test_orders_that_did_not_meet_are_told_of_and_the_program_goes_on() -> None:
    outcome = watched("latent", "stuck")
    assert outcome.status == 0, outcome
    assert_told(outcome, "latent", LATENT)


@pytest.mark.parametrize("program", [*STUCK, "latent", "gated"])
def test_nothing_is_said_of_a_program_that_is_right(program: str) -> None:
    outcome = watched(program, "cured")
    assert (outcome.status, outcome.err) == (0, ""), outcome


def test_each_program_is_among_those_that_are_run() -> None:
    there = {path.stem for path in PROGRAMS.glob("*.py")} - {"__init__"}
    assert there == {*STUCK, "latent", "gated"}
