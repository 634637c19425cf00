"""The end of a program by an uncaught exception, as the interpreter would have it.

The interpreter calls `sys.excepthook` when an exception leaves the main module. Here it would leave
our frames as well and show them in the traceback; so the hook is called with the traceback cut to
the program's part, and what the interpreter does around the hook is done here.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

# Frames of these stand between ours and the program's while it is loaded.
_LOADERS = ("ironthread.", "importlib", "_frozen_importlib", "zipimport")


def attempt(action: Callable[[], None]) -> BaseException | None:
    """Run `action`; return what it raised. `SystemExit` passes: the interpreter handles it."""
    try:
        action()
    except SystemExit:
        raise
    except BaseException as error:  # the program's, to be shown as python shows it
        return error
    return None


def report(error: BaseException) -> int:
    """Report `error` through `sys.excepthook` and return the exit status it leads to."""
    error = error.with_traceback(_of_program(error.__traceback__))
    kind = type(error)
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, error.__traceback__
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    _call_hook(error)
    # As a shell reports a program that Ctrl-C ended.
    return 130 if _is_interrupt(kind) else 1


def _is_interrupt(kind: type[BaseException]) -> bool:
    """Whether the interpreter would end by SIGINT."""
    if sys.version_info >= (3, 14):
        return issubclass(kind, KeyboardInterrupt)
    return kind is KeyboardInterrupt


def _call_hook(error: BaseException) -> None:
    hook = getattr(sys, "excepthook", None)
    sys.audit("sys.excepthook", hook, type(error), error, error.__traceback__)
    if hook is None:
        _write("sys.excepthook is missing\n")
        _display(error)
        return
    failed = attempt(lambda: hook(type(error), error, error.__traceback__))
    if failed is not None:
        _write("Error in sys.excepthook:\n")
        _display(failed.with_traceback(_of_program(failed.__traceback__)))
        _write("\nOriginal exception was:\n")
        _display(error)


def _of_program(traceback: TracebackType | None) -> TracebackType | None:
    """The part of `traceback` that begins with the first frame of the program."""
    while traceback is not None:
        if not traceback.tb_frame.f_globals.get("__name__", "").startswith(_LOADERS):
            break
        traceback = traceback.tb_next
    return traceback


def _display(error: BaseException) -> None:
    sys.__excepthook__(type(error), error, error.__traceback__)


def _write(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)
