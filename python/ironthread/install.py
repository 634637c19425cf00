"""`install()` and `uninstall()`: our classes in the places of the standard ones, and back.

What that means is `ironthread._installation`'s, which is loaded for those who install.
"""

from __future__ import annotations

import _thread
import os

from ironthread import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread._core.deadlock import Mode
    from ironthread._installation import Installation

__all__ = ["LateInstallWarning", "install", "installed", "uninstall"]

_guard = _thread.allocate_lock()
_current: list[Installation] = []  # one or none
# What was done about deadlocks before `install()` was told otherwise: one or none.
_mode_before: list[Mode] = []

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_guard._at_fork_reinit)  # type: ignore[attr-defined]


class LateInstallWarning(RuntimeWarning):
    """Modules of the program took standard classes before `install()`, and keep them."""


def install(*, deadlock: Mode | None = None) -> None:
    """Put our classes in the places of the standard ones, in this process, from now on.

    `deadlock` says what is done about threads that wait in vain, until `uninstall()`: see
    `ironthread.deadlocks`.

    Does nothing when they are there already. To reach everything, call it before the program
    imports its own modules: a `from threading import Lock` that ran earlier is not undone. Such
    modules are named in a `LateInstallWarning`.
    """
    if deadlock is not None:
        with _guard:
            before = _core.set_deadlock_mode(deadlock)
            if not _mode_before:
                _mode_before.append(before)
    _warn(_enter())


def uninstall() -> None:
    """Undo `install()`: the standard classes are back where they were.

    Does nothing when not installed. Locks, queues and other objects made meanwhile are still ours.
    """
    with _guard:
        if _current:
            _current.pop().leave()
        if _mode_before:
            _core.set_deadlock_mode(_mode_before.pop())


class installed:  # noqa: N801 (used like a function)
    """A context in which our classes are installed, for tests.

    ``with ironthread.installed(): ...``

    Where they were installed before, they still are afterwards. Contexts of several threads must
    not overlap: what one leaves, all have left.
    """

    def __enter__(self) -> None:
        self._ours = not _current
        _warn(_enter())

    def __exit__(self, *_error: object) -> None:
        if self._ours:
            uninstall()


def _enter() -> dict[str, list[str]]:
    """Install; return the modules of the program that were too early, and what they took."""
    from ironthread._installation import Installation  # before the guard: it may wait

    with _guard:
        if _current:
            return {}
        installation = Installation()
        try:
            installation.enter()
        except BaseException:
            installation.leave()
            raise
        _current.append(installation)
        return installation.late()


def _warn(late: dict[str, list[str]]) -> None:
    if not late:
        return
    import warnings  # only now: a program that does it right need not load it

    modules = "; ".join(f"{module} ({', '.join(names)})" for module, names in late.items())
    message = (
        f"ironthread.install() came too late for modules that had taken standard classes and keep "
        f"them: {modules}. Call it before they are imported, or start the program with "
        f"'ironthread run'."
    )
    try:
        warnings.warn(message, LateInstallWarning, stacklevel=3)
    except LateInstallWarning:
        # Warnings are errors in this program: what raises one has not installed anything.
        uninstall()
        raise
