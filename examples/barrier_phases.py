"""Compute Conway's game of life in strips, one thread each, in step by a barrier.

Every generation is one phase: each thread computes its strip of the next grid from the whole of
the present one, then waits at the `Barrier`. The last to arrive runs the barrier's action, which
exchanges the two grids; only then does the next phase begin. The grids themselves need no lock.

A second run has one thread fail half-way. It aborts the barrier, so that the others get a
`BrokenBarrierError` instead of waiting for ever; after `reset()` the run can be finished.

The result must be the one that a single thread computes.

    python examples/barrier_phases.py
    ironthread run examples/barrier_phases.py
"""

from __future__ import annotations

import random
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor

SIZE = 64
GENERATIONS = 40
STRIPS = 4
SEED = 2024

Grid = list[list[int]]


class FaultError(Exception):
    """Stands for whatever may go wrong in a thread."""


def random_grid() -> Grid:
    """Make the grid all runs begin with."""
    rng = random.Random(SEED)
    return [[int(rng.random() < 0.35) for _ in range(SIZE)] for _ in range(SIZE)]


def next_row(above: list[int], row: list[int], below: list[int]) -> list[int]:
    """Apply the rules to one row of a torus, counting each cell with its neighbours."""
    columns = [sum(column) for column in zip(above, row, below, strict=True)]
    blocks = [columns[x - 1] + columns[x] + columns[(x + 1) % SIZE] for x in range(SIZE)]
    return [int(n == 3 or (n == 4 and alive)) for n, alive in zip(blocks, row, strict=True)]


def next_strip(grid: Grid, first: int, last: int) -> Grid:
    """Compute some rows of the next grid."""
    return [next_row(grid[y - 1], grid[y], grid[(y + 1) % SIZE]) for y in range(first, last)]


class Life:
    """A grid that several threads carry from generation to generation."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.following: Grid = [[] for _ in grid]
        self.populations: list[int] = []
        self.barrier = threading.Barrier(STRIPS, action=self._turn)

    def run(self, generations: int, fault_at: int | None = None) -> list[Future[None]]:
        """Compute some generations, all strips at once."""
        with ThreadPoolExecutor(STRIPS, thread_name_prefix="strip") as pool:
            return [
                pool.submit(self._strip, strip, generations, fault_at if strip == 0 else None)
                for strip in range(STRIPS)
            ]

    def _strip(self, strip: int, generations: int, fault_at: int | None) -> None:
        first, last = strip * SIZE // STRIPS, (strip + 1) * SIZE // STRIPS
        try:
            for generation in range(generations):
                if generation == fault_at:
                    raise FaultError(strip)
                self.following[first:last] = next_strip(self.grid, first, last)
                self.barrier.wait()
        except Exception:
            self.barrier.abort()
            raise

    def _turn(self) -> None:
        """Exchange the grids. The barrier calls it while all threads wait."""
        self.grid, self.following = self.following, self.grid
        self.populations.append(sum(map(sum, self.grid)))


def sequential(grid: Grid) -> tuple[Grid, list[int]]:
    """Compute the last grid, and the population of each generation, in one thread."""
    populations = []
    for _ in range(GENERATIONS):
        grid = next_strip(grid, 0, SIZE)
        populations.append(sum(map(sum, grid)))
    return grid, populations


def outcomes(futures: list[Future[None]]) -> list[str]:
    """Name the exception each thread ended with, `NoneType` if none."""
    return [type(future.exception()).__name__ for future in futures]


def run_with_fault() -> tuple[Life, list[str]]:
    """Let a thread fail half-way, then finish the run."""
    life = Life(random_grid())
    failed = outcomes(life.run(GENERATIONS, fault_at=GENERATIONS // 2))
    failed.append("broken" if life.barrier.broken else "whole")
    life.barrier.reset()
    outcome = outcomes(life.run(GENERATIONS - len(life.populations)))
    return life, failed + outcome


def verify(name: str, life: Life, expected: tuple[Grid, list[int]]) -> list[str]:
    """Return the claims that do not hold."""
    grid, populations = expected
    claims = {
        f"{name}: the action ran once in each generation": len(life.populations) == GENERATIONS,
        f"{name}: every generation has the right population": life.populations == populations,
        f"{name}: the last grid is the sequential one": life.grid == grid,
        f"{name}: nobody is left at the barrier": life.barrier.n_waiting == 0,
    }
    return [claim for claim, holds in claims.items() if not holds]


def main() -> int:
    """Run the example; return the exit status."""
    expected = sequential(random_grid())
    life = Life(random_grid())
    problems = [f"no thread fails: {x}" for x in outcomes(life.run(GENERATIONS)) if x != "NoneType"]
    problems += verify("whole run", life, expected)
    print(f"whole run  {GENERATIONS} generations in {STRIPS} strips, {life.populations[-1]} alive")

    mended, seen = run_with_fault()
    wanted = ["FaultError", *["BrokenBarrierError"] * (STRIPS - 1), "broken"]
    wanted += ["NoneType"] * STRIPS
    if seen != wanted:
        problems.append(f"mended run: the threads end as {wanted} ({seen})")
    problems += verify("mended run", mended, expected)
    print(f"mended run broken in generation {GENERATIONS // 2}, reset, and finished")

    for problem in problems:
        print(f"barrier_phases: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print("barrier_phases: OK, the strips agree with the sequential result")
    return 0


if __name__ == "__main__":
    sys.exit(main())
