"""Programs that fork, or spawn, while their threads hold and wait for everything, move, and come and go."""

from __future__ import annotations

import os
from itertools import islice

import pytest
from torture import classes, forks
from torture.runs import run_all

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.hang_limit(300.0),
]


@pytest.mark.parametrize("crowd", forks.CROWDS)
def test_both_processes_are_whole_after_a_fork_in_any_crowd(crowd: str, long: bool) -> None:
    faults = run_all("forks", crowd, range(100 if long else 10))
    assert not "".join(islice(faults, 3))


@pytest.mark.parametrize("method", forks.METHODS)
def test_both_processes_are_whole_when_one_is_made_without_a_fork(method: str, long: bool) -> None:
    faults = run_all("forks", method, range(100 if long else 6))
    assert not "".join(islice(faults, 3))


@pytest.mark.parametrize("kind", forks.CROWDS + forks.METHODS)
def test_python_itself_leaves_these_processes_whole(kind: str, long: bool) -> None:
    faults = run_all("forks", kind, range(10 if long else 2), classes.PLAIN)
    assert not "".join(islice(faults, 3))
