"""What every test gets: an end to hangs, and the choice between the short and the long runs."""

from __future__ import annotations

import faulthandler
import os
import signal
from collections.abc import Iterator

import pytest

# Helpers that assert: a failure in them shows what differs.
pytest.register_assert_rewrite("real_clients", "report_facts", "side_by_side")

HANG_LIMIT_SECONDS = 120.0
LONG_FACTOR = 30.0

_stderr = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="run the stress, exit and leak tests at full length"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "hang_limit(seconds): a test that runs longer hangs; the run ends with all stacks",
    )
    # In the background of a script SIGINT is ignored, and programs that tests start would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # While a test runs its output is captured, and what is captured is lost in a sudden end.
    config.stash[_stderr] = os.dup(2)


def pytest_unconfigure(config: pytest.Config) -> None:
    os.close(config.stash[_stderr])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """End the run, with the stacks of all threads, when a test hangs.

    The watchdog is a thread of C code: a hang in native code may hold the interpreter for good, and no
    Python code could end it.
    """
    mark = item.get_closest_marker("hang_limit")
    limit = mark.args[0] if mark else HANG_LIMIT_SECONDS
    if item.config.getoption("--long"):
        limit *= LONG_FACTOR
    stderr = item.config.stash[_stderr]
    faulthandler.dump_traceback_later(limit, exit=True, file=stderr)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long versions of the tests are asked for."""
    return bool(request.config.getoption("--long"))
