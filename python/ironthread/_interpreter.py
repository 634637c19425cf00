"""Keeps ironthread out of sub-interpreters.

The native module lives in one interpreter of a process, the main one. Later versions of Python
refuse to load such a module elsewhere; 3.11 would share its objects between interpreters.
"""

from __future__ import annotations

import _thread


def check() -> None:
    """Raise ImportError unless this is the main interpreter."""
    if not _is_main():
        raise ImportError(
            "ironthread cannot be used in a sub-interpreter: its native module works in the main "
            "interpreter only; use the standard threading and queue modules here",
            name="ironthread",
        )


def _is_main() -> bool:
    try:
        return bool(getattr(_thread, "_is_main_interpreter")())  # noqa: B009 (not in every version)
    except AttributeError:
        pass
    try:
        # Where this module is missing nobody can have made another interpreter.
        interpreters = __import__("_xxsubinterpreters")
    except ImportError:
        return True
    return bool(interpreters.get_current() == interpreters.get_main())
