"""Programs that end while their threads start, join, wait, serve timers and pools: in every way to end."""

from __future__ import annotations

import sys
from itertools import islice

import pytest
from torture import classes, endings
from torture.runs import PROGRAMS, run_all

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="needs signals"),
    pytest.mark.hang_limit(300.0),
]

SCENES = PROGRAMS["exits"].kinds


@pytest.mark.parametrize("scene", SCENES)
def test_a_program_ends_as_it_means_to_whatever_its_threads_are_at(scene: str, long: bool) -> None:
    faults = run_all("exits", scene, range(500 if long else 16))
    assert not "".join(islice(faults, 3))


@pytest.mark.parametrize("scene", SCENES)
def test_python_itself_ends_these_programs_so(scene: str, long: bool) -> None:
    # An interrupt at an unlucky place can do to the standard library's classes what it does not to ours.
    seeds = [seed for seed in range(500) if endings.choose(scene, seed).name != "interrupted"]
    faults = run_all("exits", scene, seeds[: 40 if long else 4], classes.PLAIN)
    assert not "".join(islice(faults, 3))
