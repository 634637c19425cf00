"""The verdict: programs with one illness each, and healthy ones, as they run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from python_process import run
from test_gil_sampler import IS_SAMPLED

TESTS = Path(__file__).resolve().parent
EXAMPLES = TESTS.parent / "examples"
PROGRAMS = TESTS / "programs_ill"
ILL = (*("io", "lock", "slow_stage", "starved_consumers", "too_few_workers", "too_many_threads"),)
# What is true of an example, where it is told: a machine may be fast enough for it to be over before.
TRUE_OF = {
    "bank_account": {"gil", "lock"},
    "barrier_phases": {"gil"},
    "log_enrichment": {"slow-stage"},
    "thread_local_context": {"gil", "lock"},
    "web_crawler": {"io"},
}
HEALTHY = sorted(path.stem for path in PROGRAMS.glob("healthy_*.py"))


def verdict_on(program: Path, directory: Path) -> list[dict[str, Any]]:
    """Run a program and return what is said of it."""
    file = directory / "report.json"
    done = run("--report", "json", "--report-file", str(file), str(program), cwd=directory)
    assert done.returncode == 0, done.stderr
    report = json.loads(file.read_text(encoding="utf-8"))
    verdict: list[dict[str, Any]] = report["verdict"]
    return verdict


def assert_ill(name: str, directory: Path) -> None:
    """Expect the program's illness, at the line that it marks, and no other."""
    program = PROGRAMS / f"{name}.py"
    (verdict,) = verdict_on(program, directory)
    assert verdict["code"] == name.replace("_", "-"), verdict
    lines = program.read_text(encoding="utf-8").splitlines()
    marked = [number for number, line in enumerate(lines, 1) if line.endswith("# the line")]
    origin = verdict["origin"]
    assert ([origin["line"]] if origin else []) == marked, verdict


@pytest.mark.parametrize("name", ILL)
def test_a_program_with_one_illness_is_told_of_it(name: str, tmp_path: Path) -> None:
    assert_ill(name, tmp_path)


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_threads_that_wait_for_the_gil_are_told_of_it(tmp_path: Path) -> None:
    assert_ill("gil", tmp_path)


@pytest.mark.parametrize("name", HEALTHY)
def test_of_a_healthy_program_nothing_is_said(name: str, tmp_path: Path) -> None:
    assert verdict_on(PROGRAMS / f"{name}.py", tmp_path) == []


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: str(path.stem))
def test_of_an_example_nothing_is_said_but_what_is_true(example: Path, tmp_path: Path) -> None:
    codes = [verdict["code"] for verdict in verdict_on(example, tmp_path)]
    assert set(codes) <= TRUE_OF.get(example.stem, set()), codes
