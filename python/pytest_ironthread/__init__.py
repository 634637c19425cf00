"""A plugin of pytest: `pytest --ironthread` runs a suite on ironthread, and looks for deadlocks.

Ironthread is installed before anything of the suite is imported. Circles of locks raise
`DeadlockError`, plain ones too, instead of hanging the run; and a test fails in which a deadlock
was told, or locks were taken in orders that can end in one. `faults.py` injects faults into tests.

A package of its own: pytest loads it whenever it is installed, and it loads ironthread when asked.
"""

from __future__ import annotations

import pytest

pytest_plugins = ["pytest_ironthread.faults"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tell pytest of the option."""
    group = parser.getgroup("ironthread")
    group.addoption(
        "--ironthread",
        action="store_true",
        help="run on ironthread's threads, locks and queues, and look for deadlocks",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Install ironthread before the suite's own modules are imported."""
    asked = early_config.known_args_namespace
    if not asked.ironthread and asked.ironthread_faults is None:
        return
    import ironthread

    ironthread.install()
    if asked.ironthread:
        from pytest_ironthread.watch import Watch

        early_config.pluginmanager.register(Watch(), "ironthread-watch")


__all__ = ["pytest_addoption", "pytest_load_initial_conftests", "pytest_plugins"]
