"""Runs an unmodified program on ironthread, as `python` itself would run it.

The program gets a fresh `__main__`, its own `sys.argv` and `sys.path[0]`, and the end it would have
had: uncaught exceptions, exit status, waiting for threads and `atexit` are Python's own. A report
follows when everything of the program is over.
"""

from __future__ import annotations

from ironthread.install import install
from ironthread.run import failure
from ironthread.run.ending import Ending, check
from ironthread.run.options import CannotRun, Options
from ironthread.run.program import Program

__all__ = ["CannotRun", "Options", "run"]


def run(options: Options) -> int:
    """Run the program that `options` describe and return its exit status.

    Raises `CannotRun` when there is no such program, and the program's own `SystemExit`.
    """
    watched = options.report != "none"
    if watched:
        check(options)
    install()  # before anything of the program is loaded
    ending = Ending(options) if watched else None
    program = Program(options)
    error = failure.attempt(program.load)
    if error is None:
        error = failure.attempt(program.execute)
    elif ending is not None:
        ending.cancel()
    if isinstance(error, CannotRun):
        raise error
    # Outside of any `except`: the program's hook finds no other exception being handled.
    return 0 if error is None else failure.report(error)
