"""The benchmarks run, and their arithmetic is right."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from ahead import cases, started

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))

from growth import CASES, growth_line, relative
from instructions import OPERATIONS as COUNTED
from measure.calibrate import rounds_of
from measure.comparison import Comparison, Plan, compare
from measure.crew import Crew, own_copy, run_together
from measure.loop import Loop
from measure.neighbours import Neighbours
from measure.operation import Unit
from measure.quartiles import quartiles
from measure.side import sides
from measure.table import amount, behind, group_lines, number
from operations import OPERATIONS
from peers import PEERS
from rust import compared as compared_crates
from rust import read
from startup import FOREIGN

DIRECTORY = Path(__file__).resolve().parent.parent / "benchmarks"
TIMEOUT_SECONDS = 120.0


def script(name: str, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(DIRECTORY / name), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
        env=os.environ if path is None else {**os.environ, "PATH": path},
    )


Command = tuple[str, ...]
"""A script and its arguments; a last ``--json`` is followed by a file."""


@dataclass(frozen=True)
class Measured:
    """What a script printed, and the file that it was told to write."""

    done: subprocess.CompletedProcess[str]
    file: Path


@pytest.fixture(scope="module")
def measured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Command, Future[Measured]]]:
    """What the scripts measure that this run asks for."""
    asked = [
        case["command"]
        for test in (
            test_a_quick_run_prints_a_row_for_every_operation,
            test_what_detection_and_watching_cost_is_printed_for_each_program,
            test_whole_programs_are_run_both_ways,
            test_a_start_is_measured_and_imports_nothing_from_elsewhere,
            test_how_costs_grow_is_measured_for_each_size_on_both_sides,
            test_other_packages_are_measured_where_they_are_installed,
        )
        for case in cases(request, test)
    ]
    files = {command: tmp_path_factory.mktemp("figures") / "figures.json" for command in asked}

    def work(command: Command) -> Measured:
        writes = [str(files[command])] if command[-1] == "--json" else []
        return Measured(script(*command, *writes), files[command])

    with started(work, asked) as futures:
        yield futures


@pytest.fixture
def one(command: Command, measured: dict[Command, Future[Measured]]) -> Measured:
    """What the script of this test measured."""
    result = measured[command].result()
    assert result.done.returncode == 0, result.done.stderr
    return result


def runs(name: str, *arguments: str) -> pytest.MarkDecorator:
    """The test looks at what this script measures."""
    return pytest.mark.parametrize("command", [(name, *arguments)], ids=[name])


def figures(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["figures"]
    return found


def compared(stock: list[float], ours: list[float], unit: Unit = "ns") -> Comparison:
    return Comparison("Lock", "with", unit, tuple(stock), tuple(ours))


@runs("run.py", "--quick", "--json")
def test_a_quick_run_prints_a_row_for_every_operation(
    one: Measured,
) -> None:
    lines = one.done.stdout.splitlines()
    for operation in OPERATIONS:
        rows = [line for line in lines if line.startswith(f"  {operation.name}  ")]
        assert rows, f"no row for {operation.title}"
        assert operation.group in lines
    assert "behind the standard library" in one.done.stdout.lower()
    assert [figure["name"] for figure in figures(one.file)] == [
        operation.name for operation in OPERATIONS
    ]
    assert all(figure["ratio"] > 0 for figure in figures(one.file))


@runs("watching.py", "--quick", "--pairs", "1", "--json")
def test_what_detection_and_watching_cost_is_printed_for_each_program(
    one: Measured,
) -> None:
    found = re.findall(
        r"^  (.+?) +\d\.\d+ +\d\.\d+-\d\.\d+ +\d\.\d+ +(\d\.\d+)  \w", one.done.stdout, re.MULTILINE
    )
    assert found == [
        ("free locks, 1 thread", "1.02"),
        ("short locks, 4 threads", "1.02"),
        ("short locks, 4 threads", "1.20"),
        ("web crawler", "1.05"),
        ("short locks, 4 threads", "1.50"),
    ], one.done.stdout
    assert [figure["name"] for figure in figures(one.file)] == [name for name, _ in found]


@runs("whole_programs.py", "--quick", "--pairs", "1", "--json")
def test_whole_programs_are_run_both_ways(
    one: Measured,
) -> None:
    assert [figure["name"] for figure in figures(one.file)] == [
        "crawler",
        "pipeline",
        "pool",
        "queues",
    ]
    for figure in figures(one.file):
        assert figure["ratio"] > 0
        assert re.search(
            rf"^  {figure['name']} .* {figure['least']:.2f}", one.done.stdout, re.MULTILINE
        )


@runs("startup.py", "--pairs", "1", "--json")
def test_a_start_is_measured_and_imports_nothing_from_elsewhere(
    one: Measured,
) -> None:
    names = [figure["name"] for figure in figures(one.file)]
    assert names == ["import ironthread", "ironthread run --report none", "ironthread run"]
    assert all(f"\n  {name}  " in one.done.stdout for name in names)
    assert json.loads(one.file.read_text(encoding="utf-8"))["foreign"] == []


def test_what_is_not_the_standard_library_is_found_among_the_imports() -> None:
    program = FOREIGN.format(modules="json, pytest")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pytest" in done.stdout.split()
    assert "json" not in done.stdout.split()


@runs("growth.py", "--quick", "--pairs", "1", "--json")
def test_how_costs_grow_is_measured_for_each_size_on_both_sides(
    one: Measured,
) -> None:
    rows = [(figure["group"], figure["name"]) for figure in figures(one.file)]
    assert rows == [(case.name, f"{size:,}") for case in CASES for size in case.quick]
    assert all(figure["ratio"] > 0 for figure in figures(one.file))
    assert len(re.findall(r"^  growth, .* x \d.* x \d", one.done.stdout, re.MULTILINE)) == len(
        CASES
    )


def test_growth_is_relative_to_that_of_the_standard_library() -> None:
    least = Comparison("acquire", "1", "ns", (10, 10), (5, 10))
    most = Comparison("acquire", "1000", "ns", (20, 20), (20, 10))
    assert relative(least, most) == [0.5, 2.0]
    twice = Comparison("acquire", "1000", "ns", (10, 10), (10, 20))
    line = " ".join(growth_line([least, twice]).split())
    assert line == "x 1.00 x 2.00 GROWS FASTER, 2.00 times"
    assert growth_line([least, least]).endswith("no faster")


def test_what_is_cheap_for_one_alone_does_not_grow() -> None:
    def row(ours: float) -> Comparison:
        return Comparison("acquire", "", "ns", (10, 10), (ours, ours))

    assert growth_line([row(10), row(20), row(19), row(20)]).endswith("no faster")
    assert growth_line([row(10), row(10), row(19), row(20)]).endswith("GROWS FASTER, 2.00 times")
    assert growth_line([row(10), row(12), row(15), row(20)]).endswith("GROWS FASTER, 1.67 times")


@runs("against_peers.py", "--quick", "--json")
def test_other_packages_are_measured_where_they_are_installed(
    one: Measured,
) -> None:
    found = {figure["group"] for figure in figures(one.file)}
    for peer in PEERS:
        assert peer.operations
        assert (peer.name in found) == (peer.version is not None)
        shown = "not installed" if peer.version is None else peer.version
        assert re.search(rf"^{peer.name}:? {re.escape(shown)}$", one.done.stdout, re.MULTILINE)


def test_rounds_of_the_engine_are_read_as_written_and_compared(tmp_path: Path) -> None:
    for who, median in (("ironthread", 10.0), ("std", 20.0), ("flume", 5.0)):
        directory = tmp_path / "Queue" / who / "new"
        directory.mkdir(parents=True)
        names = {"group_id": "Queue", "function_id": who}
        (directory / "benchmark.json").write_text(json.dumps(names), encoding="utf-8")
        estimates = {"median": {"point_estimate": median}}
        (directory / "estimates.json").write_text(json.dumps(estimates), encoding="utf-8")
    rows = compared_crates([read(tmp_path)] * 3, None)
    assert {row.name: row.ratio for row in rows} == {"std": 2.0, "flume": 0.5}


def test_instructions_are_not_counted_where_valgrind_is_missing() -> None:
    done = script("instructions.py", path="")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "skipped: valgrind is not installed\n"


def test_the_instructions_that_are_noted_are_those_of_the_operations_that_are_counted() -> None:
    noted = json.loads((DIRECTORY / "instructions.json").read_text(encoding="utf-8"))
    assert noted
    for column in noted.values():
        assert set(column) == set(COUNTED)
        assert all(count > 0 for count in column.values())


@pytest.mark.parametrize("pattern", ["no such operation", "("])
def test_a_pattern_that_chooses_nothing_is_refused(pattern: str) -> None:
    done = script("run.py", "--quick", "--only", pattern)
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1
    assert pattern in done.stderr


def test_no_two_operations_have_the_same_title() -> None:
    titles = [operation.title for operation in OPERATIONS]
    assert len(titles) == len(set(titles))


def test_the_sides_are_the_standard_library_and_ironthread() -> None:
    stock, ours = sides()
    assert stock.threading.Lock is threading.Lock
    for name in ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event", "Barrier"):
        assert getattr(ours.threading, name) is not getattr(stock.threading, name)
    for name in ("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"):
        assert getattr(ours.queue, name) is not getattr(stock.queue, name)


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    comparison = compared([10, 20, 30], [5, 5, 30])
    assert comparison.ratios == [2, 4, 1]
    assert comparison.ratio == 2
    assert comparison.spread == (1.5, 3)


def test_of_shares_the_larger_is_the_better() -> None:
    assert compared([10.0], [20.0], "%").ratio == 2
    assert compared([10.0], [20.0], "ns").ratio == 0.5


def test_quartiles_lie_between_the_values_and_one_value_is_its_own() -> None:
    assert quartiles([4.0, 1.0, 3.0, 2.0, 5.0]) == (2.0, 4.0)
    assert quartiles([7.0]) == (7.0, 7.0)


def test_what_is_behind_is_named_worst_first() -> None:
    faster, slowest = compared([2], [1]), compared([1], [4])
    slower = Comparison("Event", "set", "ns", (1.8, 2.1, 1.8), (2, 2, 2))
    assert behind([faster]) == ["Nothing is behind the standard library."]
    _, first, second = behind([slower, faster, slowest])
    assert first == "  0.25  Lock: with"
    assert second == "  0.90  Event: set, though not in every pair of rounds"


def test_a_row_with_a_wide_spread_or_on_a_machine_that_others_use_is_no_result() -> None:
    assert not compared([10, 11, 12], [10, 10, 10]).doubts
    wide = compared([1, 2, 3, 4], [1, 1, 1, 1])
    assert wide.doubts == "wide spread"
    crowded = Comparison("Lock", "with", "ns", (1, 1), (2, 2), taken=0.5)
    assert crowded.doubts == "others had 50% of the machine"
    (line,) = group_lines([crowded], 10)
    assert line.endswith("no result: others had 50% of the machine")
    assert behind([wide, crowded]) == [
        "Nothing is behind the standard library.",
        "No result, to be measured again on a quiet machine: 2 rows.",
        "Of these seem behind:",
        "  0.50  Lock: with",
    ]


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="the system does not tell")
def test_a_neighbour_is_another_program_and_neither_this_one_nor_its_ended_children() -> None:
    busy = "import os\nwhile sum(os.times()[:2]) < 2: pass"
    neighbours = Neighbours()
    with subprocess.Popen([sys.executable, "-c", busy]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        before = neighbours.seconds()
    after = neighbours.seconds()
    assert before is not None
    assert after is not None
    assert before > 1
    # What others had between the two is a moment; the child had two seconds.
    assert before - after > 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234 ns"), (100.0, "100 ns"), (99.96, "100 ns"), (9.94, "9.9 ns")],
)
def test_an_amount_has_as_many_digits_as_it_is_worth(value: float, text: str) -> None:
    assert amount(value, "ns") == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.5, "0.50"), (9.994, "9.99"), (9.996, "10.0"), (123.4, "123")]
)
def test_a_ratio_has_three_digits(ratio: float, text: str) -> None:
    assert number(ratio) == text


def test_a_round_is_as_long_as_asked_and_its_count_divides() -> None:
    counts: list[int] = []

    def timer(count: int) -> float:
        counts.append(count)
        return count * 1e-6

    play = rounds_of(timer, 0.01, multiple=8)
    assert play() == pytest.approx(1000)
    assert counts[-1] == pytest.approx(10_000, rel=0.01)
    assert all(count % 8 == 0 for count in counts)


def test_a_loop_is_played_by_both_sides_in_turns() -> None:
    loop = Loop("Lock", "with", "with lock:\n    pass", "lock = threading.Lock()")
    comparison = compare(loop, sides(), Plan(pairs=2, scale=0.01))
    assert len(comparison.stock) == len(comparison.ours) == 2
    assert min(comparison.stock + comparison.ours) > 0


def test_each_side_has_code_of_its_own() -> None:
    for operation in OPERATIONS:
        if isinstance(operation, Crew):
            assert isinstance(operation.play, FunctionType)
            copy = own_copy(operation.play)
            assert copy.__code__ is not operation.play.__code__
            inner = [const for const in copy.__code__.co_consts if hasattr(const, "co_code")]
            theirs = {id(const) for const in operation.play.__code__.co_consts}
            assert inner
            assert all(id(const) not in theirs for const in inner)


def test_bodies_run_at_the_same_time() -> None:
    meeting = threading.Barrier(3)
    assert run_together([lambda: void(meeting.wait(10))] * 3) > 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_body_that_fails_fails_the_operation() -> None:
    def fails() -> None:
        raise ValueError("on purpose")

    with pytest.raises(RuntimeError, match="a thread of the operation failed"):
        run_together([fails])


def void(_value: object) -> None:
    pass
