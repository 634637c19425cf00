"""Faults in a suite of pytest: the option, the marker, the fixture, and what a failure tells."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from textwrap import dedent

import pytest
from ahead import started
from documentation import ROOT, blocks
from programs import Outcome, run_python

SUITE = """
    import threading

    import pytest

    def test_wakes_for_nothing():
        condition = threading.Condition()
        with condition:
            assert any(condition.wait(0.0001) for _ in range(300))

    @pytest.mark.ironthread_faults(seed=3, empty=1)
    def test_has_options_of_its_own():
        import ironthread

        made = ironthread.Queue()
        made.put(1)
        assert made.get_nowait() == 1

    @pytest.mark.ironthread_faults(seed=3)
    def test_has_a_seed_and_passes(ironthread_faults):
        import ironthread

        for _ in range(100):
            with ironthread.Lock():
                pass
        assert ironthread_faults.seed == 3
        assert {injection.kind for injection in ironthread_faults.log} == {"delay"}

    def test_asks_by_the_fixture(ironthread_faults):
        import ironthread

        condition = ironthread.Condition()
        with condition:
            while not ironthread_faults.log:
                condition.wait(0.001)
        assert False, "seed " + repr(ironthread_faults.seed)

    def test_meets_none_if_nobody_asks():
        from ironthread import Lock
        from ironthread.testing._exchange import TARGETS

        assert type(vars(Lock)["acquire"]).__name__ == "method_descriptor"

    @pytest.fixture
    def refused():
        import ironthread

        made = ironthread.Queue()
        made.put(1)
        return made.get_nowait()

    @pytest.mark.ironthread_faults(empty=1)
    def test_fixtures_meet_none(refused):
        assert refused == 1
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "test_suite.py"
    path.write_text(dedent(SUITE), encoding="utf-8")
    return path


def run(suite: Path, *arguments: str, name: str = "") -> Outcome:
    where = f"{suite}::{name}" if name else str(suite)
    return run_python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers",
        f"--rootdir={suite.parent}", *arguments, where,
    )  # fmt: skip


def told(outcome: Outcome) -> list[str]:
    """What the section on faults says."""
    assert outcome.status == 1, outcome
    section = re.search(r"-+ ironthread faults -+\n(.*?)\n(?:[-=]{8,}|$)", outcome.out, re.DOTALL)
    assert section is not None, outcome
    return section.group(1).splitlines()


def test_a_failure_tells_what_was_injected_and_how_to_repeat_it(suite: Path) -> None:
    first, injection, _, repeat = told(run(suite, name="test_has_options_of_its_own"))
    assert first == "faults(seed=3, empty=1) injected 1 empty:"
    assert injection.startswith("  MainThread: empty in Queue.get_nowait, test_suite.py:")
    assert repeat == (
        "to repeat: pytest test_suite.py::test_has_options_of_its_own --ironthread-faults=3"
    )


def test_the_seed_of_the_option_goes_before_the_markers(suite: Path) -> None:
    lines = told(run(suite, "--ironthread-faults=text", name="test_has_options_of_its_own"))
    assert lines[0] == "faults(seed='text', empty=1) injected 1 empty:"
    assert lines[-1].endswith("--ironthread-faults=text")


def test_a_test_can_have_a_marker_or_nothing(suite: Path) -> None:
    names = (
        "test_has_a_seed_and_passes",
        "test_meets_none_if_nobody_asks",
        "test_fixtures_meet_none",
    )
    with started(lambda name: run(suite, name=name), names) as outcomes:
        for name in names:
            outcome = outcomes[name].result()
            assert outcome.status == 0, outcome


def test_the_fixture_is_the_block_of_the_test(suite: Path) -> None:
    outcome = run(suite, name="test_asks_by_the_fixture")
    seed = re.search(r"AssertionError: seed (\d+)", outcome.out)
    assert seed is not None, outcome
    assert told(outcome)[0].startswith(f"faults(seed={seed.group(1)}, spurious=0.1, delay=")


def test_the_option_puts_every_test_under_faults_and_its_words_repeat_it(suite: Path) -> None:
    name = "test_asks_by_the_fixture"
    first = told(run(suite, "--ironthread-faults=random", name=name))
    words = shlex.split(first[-1].removeprefix("to repeat: "))
    assert words[:2] == ["pytest", f"test_suite.py::{name}"]
    again = told(run(suite, *words[2:], name=name))
    assert again == first


def test_standard_names_are_ours_under_the_option(suite: Path) -> None:
    name = "test_wakes_for_nothing"
    assert run(suite, name=name).status == 1
    outcome = run(suite, "--ironthread-faults=1", name=name)
    assert outcome.status == 0, outcome


def test_the_tests_that_the_page_shows_pass(tmp_path: Path) -> None:
    found = blocks((ROOT / "docs/faults.md").read_text(encoding="utf-8"))
    (service,) = (block for block in found if "def serve_a_hundred_requests():" in block.lines)
    (tests,) = (block for block in found if "import pytest" in block.lines)
    page = tmp_path / "test_page.py"
    page.write_text("\n".join([*service.lines, *tests.lines]), encoding="utf-8")

    outcome = run(page)

    assert outcome.status == 0, outcome
    assert "2 passed" in outcome.out
