"""Whole programs, run to their end."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TypeVar

Command = tuple[str, ...]
T = TypeVar("T")

RUN: Command = (str(Path(sys.executable).with_name("ironthread")), "run")
"""The command that a user types, of the environment that the bench runs in."""


@contextmanager
def compiled() -> Iterator[Mapping[str, str]]:
    """An environment in which a module is compiled once, and not in every process that imports it.

    So it is where packages are installed; here the environment may forbid to write what was
    compiled, or the package be newer than what is written.
    """
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": directory}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        yield environment


def figures(command: Command, environment: Mapping[str, str] = os.environ) -> tuple[float, float]:
    """Seconds of processor time, and seconds taken, of a command that must succeed.

    The processor time is the operating system's account of the finished process. What the command
    prints is thrown away.
    """
    silent = [
        (os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)
    ]
    begin = perf_counter()
    process = os.posix_spawn(command[0], command, environment, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    taken = perf_counter() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, taken


def in_turns(first: Callable[[], T], second: Callable[[], T], pairs: int) -> list[tuple[T, T]]:
    """What both return, pair by pair; which of the two comes first changes."""
    return [(first(), second()) if pair % 2 else (second(), first())[::-1] for pair in range(pairs)]
