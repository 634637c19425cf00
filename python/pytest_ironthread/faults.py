"""Faults in tests: the marker, the option and the fixture, and what a failure tells of them."""

from __future__ import annotations

import shlex

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from ironthread.testing import faults

# What no correct program notices, but for the time: for tests that say nothing of their own.
_HARMLESS: dict[str, Any] = {"spurious": 0.1, "delay": (0.1, 0.001)}
_RANDOM = "random"

_of_item = pytest.StashKey["faults"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tell pytest of the option."""
    parser.getgroup("ironthread").addoption(
        "--ironthread-faults",
        metavar="SEED",
        help="run on ironthread, and every test under faults of this seed (a number, text, or "
        "'random'): those of its marker, else spurious wake-ups and delays",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line(
        "markers",
        "ironthread_faults(seed=None, **options): run the test in ironthread.testing.faults(...); "
        "without options, under spurious wake-ups and delays",
    )


@pytest.fixture
def ironthread_faults(request: pytest.FixtureRequest) -> faults:
    """The faults that the test runs under: a test that asks for them has them without a marker."""
    return _faults_of(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Inject faults into the call of a test, not into its fixtures."""
    asked = item.config.getoption("--ironthread-faults") is not None
    marked = item.get_closest_marker("ironthread_faults") is not None
    if not (asked or marked or _of_item in item.stash):
        return (yield)
    block = _faults_of(item)
    block.__enter__()
    try:
        return (yield)
    finally:
        # Without the error: the report has a section of its own in the place of a note.
        block.__exit__(None, None, None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Have a failure say what was injected, and how to repeat it."""
    report = yield
    block = item.stash.get(_of_item, None)
    if call.when == "call" and report.failed and block is not None:
        words = f"{block.describe()}\n\nto repeat: {_command(item, block.seed)}"
        report.sections.append(("ironthread faults", words))
    return report


def _faults_of(item: pytest.Item) -> faults:
    block = item.stash.get(_of_item, None)
    if block is None:
        block = item.stash[_of_item] = _made_for(item)
    return block


def _made_for(item: pytest.Item) -> faults:
    from ironthread.testing import faults  # only now: for those who ask

    marker = item.get_closest_marker("ironthread_faults")
    options = {} if marker is None else dict(marker.kwargs)
    seed = options.pop("seed", marker.args[0] if marker is not None and marker.args else None)
    asked = item.config.getoption("--ironthread-faults")
    if asked is not None:
        seed = _seed(asked)
    return faults(seed, **(options or _HARMLESS))


def _seed(text: str) -> int | str | None:
    if text == _RANDOM:
        return None
    try:
        return int(text)
    except ValueError:
        return text


def _command(item: pytest.Item, seed: int | str) -> str:
    words = ["pytest", item.nodeid]
    if item.config.getoption("--ironthread"):
        words.append("--ironthread")
    words.append(f"--ironthread-faults={seed}")
    return shlex.join(words)
