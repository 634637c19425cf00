"""The verdict: programs with one illness each, and healthy ones, as they run."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

import pytest
from ironthread.report.verdict.thresholds import LITTLE, USED
from python_process import run
from report_schema import parsed
from test_gil_sampler import IS_SAMPLED

TESTS = Path(__file__).resolve().parent
EXAMPLES = TESTS.parent / "examples"
PROGRAMS = TESTS / "programs_ill"
ILL = (*("io", "lock", "starved_consumers", "too_few_workers", "too_many_threads"),)
# Those who hand the GIL over are seen asleep with glibc 2.36, and all awake, so that they fill the
# processors, with 2.43 (both seen; in between its condition variables were written anew).
LIBC = platform.libc_ver()
ARE_WOKEN_AT_ONCE = LIBC[0] == "glibc" and tuple(map(int, LIBC[1].split("."))) > (2, 36)

# What is true of an example, where it is told: a machine may be fast enough for it to be over before.
TRUE_OF = {
    "bank_account": {"gil", "lock"},
    "barrier_phases": {"gil"},
    # One thread passes every message on, and some twenty hand each other the GIL for each. The
    # clients' threads are in sockets for four fifths of their time and more, and are waited for.
    "chat_room": {"gil", "io", "slow-stage"} | ({"processors"} if ARE_WOKEN_AT_ONCE else set()),
    "log_enrichment": {"slow-stage"},
    "sealed_key": {"lock"},
    "shared_counts": {"gil", "lock"},
    "thread_local_context": {"gil", "lock"},
    "web_crawler": {"io"},
}
HEALTHY = sorted(path.stem for path in PROGRAMS.glob("healthy_*.py"))


def verdict_on(program: Path, directory: Path) -> list[dict[str, Any]]:
    """Run a program and return what is said of it."""
    verdict: list[dict[str, Any]] = report_on(program, directory)["verdict"]
    return verdict


def report_on(program: Path, directory: Path) -> dict[str, Any]:
    """Run a program and return its report."""
    file = directory / "report.json"
    done = run("--report", "json", "--report-file", str(file), str(program), cwd=directory)
    assert done.returncode == 0, done.stderr
    return parsed(file.read_text(encoding="utf-8"))


def marked(name: str) -> list[int]:
    """The lines that a program marks: those that its illness is told of."""
    lines = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if "# the line" in line]


def assert_ill(name: str, directory: Path, code: str | None = None) -> dict[str, Any]:
    """Expect the program's illness, at the line that it marks, and no other; return it."""
    report = report_on(PROGRAMS / f"{name}.py", directory)
    codes = [verdict["code"] for verdict in report["verdict"]]
    # What it was judged by: a machine may be in a state that does not come back.
    facts = {fact: report[fact] for fact in ("elapsed", "cpu", "gil", "processors")}
    assert codes == [code or name.replace("_", "-")], (report["verdict"], facts)
    verdict: dict[str, Any] = report["verdict"][0]
    origin = verdict["origin"]
    assert ([origin["line"]] if origin else []) == marked(name), verdict
    return verdict


@pytest.mark.parametrize("name", ILL)
def test_a_program_with_one_illness_is_told_of_it(name: str, tmp_path: Path) -> None:
    assert_ill(name, tmp_path)


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_threads_that_wait_for_the_gil_are_told_of_it(tmp_path: Path) -> None:
    assert_ill("gil", tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="who accepts is told by Linux only")
def test_plain_threads_in_input_and_output_are_told_by_name(tmp_path: Path) -> None:
    finding = assert_ill("io_threads", tmp_path, "io")["finding"]
    assert "(Thread-* (fetch) × 4)" in finding  # noqa: RUF001


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_what_it_takes_to_hand_the_gil_over_is_told(tmp_path: Path) -> None:
    report = report_on(PROGRAMS / "gil_handed_over.py", tmp_path)
    # More than one processor's time under the GIL is nothing but that. Where others had the
    # processors, these threads had their turns on what was left.
    if report["cpu"] > 1.3 * report["elapsed"]:
        (verdict,) = report["verdict"]
        if ARE_WOKEN_AT_ONCE and verdict["code"] == "processors":
            return
        assert verdict["code"] == "gil"
        assert "it takes to hand it over" in verdict["finding"]


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_one_thread_would_sleep_with_the_gil_as_well(tmp_path: Path) -> None:
    report = report_on(PROGRAMS / "gil_kept.py", tmp_path)
    slower = report["gil"]["slower"]
    assert report["gil"]["contended"] > 0.5
    # Truly they lost nothing.
    assert slower is None or slower < LITTLE


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_threads_that_sleep_while_others_compute_are_not_told_to_gain_nothing(
    tmp_path: Path,
) -> None:
    slower = report_on(PROGRAMS / "gil_overlap.py", tmp_path)["gil"]["slower"]
    # Truly one would have taken twice as long, for it would have slept by itself.
    assert slower is None or slower < -LITTLE


def test_a_slow_stage_is_named_by_its_threads(tmp_path: Path) -> None:
    assert "(Thread-1 (parse))" in assert_ill("slow_stage", tmp_path)["finding"]


@pytest.mark.skipif(sys.platform != "linux", reason="who could run is told by Linux only")
def test_threads_far_beyond_the_processors_are_told_of_where_the_program_has_them(
    tmp_path: Path,
) -> None:
    report = report_on(PROGRAMS / "processors.py", tmp_path)
    codes = [verdict["code"] for verdict in report["verdict"]]
    seen = report["processors"]
    assert seen["crowded"] > 0.5
    assert seen["available"] == len(os.sched_getaffinity(0))
    has_them = report["cpu"] >= USED * seen["available"] * report["elapsed"]
    assert codes == (["processors"] if has_them else []), report["verdict"]


def test_two_pools_with_too_few_workers_are_both_told_of(tmp_path: Path) -> None:
    verdict = verdict_on(PROGRAMS / "two_pools.py", tmp_path)
    assert [each["code"] for each in verdict] == ["too-few-workers"] * 2
    assert sorted(each["origin"]["line"] for each in verdict) == marked("two_pools")
    assert verdict[0]["weight"] >= verdict[1]["weight"]


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_a_phase_that_waits_for_the_gil_and_one_for_a_lock_are_both_told_of(tmp_path: Path) -> None:
    verdict = verdict_on(PROGRAMS / "gil_then_lock.py", tmp_path)
    assert {each["code"] for each in verdict} == {"gil", "lock"}
    assert [each["origin"]["line"] for each in verdict if each["origin"]] == marked("gil_then_lock")


@pytest.mark.parametrize("name", HEALTHY)
def test_of_a_healthy_program_nothing_is_said(name: str, tmp_path: Path) -> None:
    assert verdict_on(PROGRAMS / f"{name}.py", tmp_path) == []


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: str(path.stem))
def test_of_an_example_nothing_is_said_but_what_is_true(example: Path, tmp_path: Path) -> None:
    codes = [verdict["code"] for verdict in verdict_on(example, tmp_path)]
    assert set(codes) <= TRUE_OF.get(example.stem, set()), codes
