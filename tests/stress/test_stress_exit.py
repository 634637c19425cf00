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


# On 3.14 an interrupt that comes right after a block was entered leaves it entered for good, whatever it
# holds (python/cpython#148874): here of the locks in a pool's `submit()`, ours and
# the standard library's alike.
INTERRUPTS_LEAVE_LOCKS_HELD = sys.version_info[:2] == (3, 14)


def uninterrupted(scene: str) -> list[int]:
    """The seeds that do not interrupt the main thread in the middle of what it does."""
    return [seed for seed in range(1000) if endings.choose(scene, seed).name != "interrupted"]


@pytest.mark.parametrize("scene", SCENES)
def test_a_program_ends_as_it_means_to_whatever_its_threads_are_at(scene: str, long: bool) -> None:
    bound = scene == "pools" and INTERRUPTS_LEAVE_LOCKS_HELD
    seeds = uninterrupted(scene) if bound else list(range(1000))
    faults = run_all("exits", scene, seeds[: 500 if long else 16])
    assert not "".join(islice(faults, 3))


@pytest.mark.parametrize("scene", SCENES)
def test_python_itself_ends_these_programs_so(scene: str, long: bool) -> None:
    # An interrupt at an unlucky place can do to the standard library's classes what it does not to ours.
    faults = run_all("exits", scene, uninterrupted(scene)[: 10 if long else 4], classes.PLAIN)
    assert not "".join(islice(faults, 3))
