"""What every test gets: an end to hangs, and the choice between the short and the long runs."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from hang_watch import HANG_LIMIT_SECONDS, LAST_WORDS, Watchdog

# Helpers that assert: a failure in them shows what differs.
pytest.register_assert_rewrite("real_clients", "report_facts", "side_by_side")

LONG_FACTOR = 30.0

Turns = Callable[[int], Iterator[random.Random]]
"""Gives so many generators of random numbers, one for each turn."""

_watchdog = pytest.StashKey[Watchdog]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="run the stress, exit and leak tests at full length"
    )
    parser.addoption("--fuzz-seconds", type=float, help="how long each test in tests/fuzz goes on")
    parser.addoption("--fuzz-seed", type=int, default=0, help="the seed of their first turn")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "hang_limit(seconds): a test that runs longer hangs; the run ends with all stacks",
    )
    # In the background of a script SIGINT is ignored, and programs that tests start would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[_watchdog] = Watchdog()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_watchdog].close()


def pytest_report_header() -> str:
    return f"a test that hangs ends the run; all stacks are in {LAST_WORDS} then"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    mark = item.get_closest_marker("hang_limit")
    limit = mark.args[0] if mark else HANG_LIMIT_SECONDS
    if item.config.getoption("--long"):
        limit *= LONG_FACTOR
    limit += item.config.getoption("--fuzz-seconds") or 0.0
    watchdog = item.config.stash[_watchdog]
    watchdog.begin(item.nodeid, limit)
    try:
        return (yield)
    finally:
        watchdog.end()


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long versions of the tests are asked for."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def turns(request: pytest.FixtureRequest) -> Turns:
    """Turns of fuzzing: so many, always the same ones, or more with --fuzz-seconds."""
    seconds = request.config.getoption("--fuzz-seconds")
    first = int(request.config.getoption("--fuzz-seed"))

    def turns(count: int) -> Iterator[random.Random]:
        begin = time.monotonic()
        turn = 0
        while turn < count if seconds is None else time.monotonic() < begin + seconds:
            # A failure shows the last one: --fuzz-seed SEED begins with it.
            print(f"seed {first + turn}")
            yield random.Random(first + turn)
            turn += 1

    return turns
