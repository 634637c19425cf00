"""Runs an unmodified program on ironthread, as `python` itself would run it.

The program gets a fresh `__main__`, its own `sys.argv` and `sys.path[0]`, and the end it would have
had: uncaught exceptions, exit status, waiting for threads and `atexit` are Python's own. A report
follows when everything of the program is over.
"""

from __future__ import annotations

import atexit
import threading

from ironthread import _core, _deadlock
from ironthread.install import install
from ironthread.run import failure
from ironthread.run.options import CannotRun, Options
from ironthread.run.program import Program

__all__ = ["DEADLOCKED", "CannotRun", "Options", "run"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ironthread.run.ending import Ending

# The interpreter's own part of threading, which has no types.
_standard: Any = threading

DEADLOCKED = 86
"""The exit status of a program that was ended because of a deadlock."""


def run(options: Options) -> int:
    """Run the program that `options` describe and return its exit status.

    Raises `CannotRun` when there is no such program, and the program's own `SystemExit`.
    """
    watched = options.report != "none" or options.trace is not None
    if watched:
        from ironthread.run.ending import check  # for those who ask for a report

        check(options)
    install()  # before anything of the program is loaded
    _look_for_deadlocks(options)
    _answer(options)  # before the report: what hangs until then can be asked about
    ending = _ending(options) if watched else None
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


def _ending(options: Options) -> Ending:
    from ironthread.run.ending import Ending

    return Ending(options)


def _look_for_deadlocks(options: Options) -> None:
    _core.set_deadlock_mode(options.deadlock)
    _core.set_tell_all_asleep(options.deadlock != "off")
    _core.set_lock_order(options.lock_order)
    # Registered before all others, it is called after them: when nothing is left but to wait.
    _standard._register_atexit(_deadlock.main_is_over)
    atexit.register(_deadlock.main_goes_on)
    if options.on_deadlock == "abort":
        _deadlock.settings.exit_status = DEADLOCKED


def _answer(options: Options) -> None:
    if not options.listen and options.dump_signal is None:
        return
    from ironthread import diagnosis

    try:
        if options.listen:
            diagnosis.listen()
        if options.dump_signal is not None:
            diagnosis.dump_on(options.dump_signal)
    except NotImplementedError as error:
        raise CannotRun(str(error)) from None
    except OSError as error:
        raise CannotRun(f"can't have questions answered: {error}") from None
