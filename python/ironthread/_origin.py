"""Which line of the program is running: noted by the engine with each primitive it makes."""

import os
import sys

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
# Code that was made up at run time, by dataclasses and the like: who had it made up is of interest.
_MADE_UP = ("<string>", "<attrs generated ")
_INSTALLED = tuple(os.path.join("", name, "") for name in ("site-packages", "dist-packages"))


def _is_library(filename: str) -> bool:
    """Whether a file belongs to the standard library (what is installed beside it does not)."""
    if filename.startswith("<frozen "):
        return True
    return filename.startswith(_LIBRARY) and not any(part in filename for part in _INSTALLED)


def is_program(filename: str) -> bool:
    """Whether a file is the program's own: no part of this package, nor of the standard library."""
    return not filename.startswith(_PACKAGE) and not _is_library(filename)


def program_line() -> tuple[str, int] | None:
    """Return the file and line, counted from 1, of the innermost frame that is the program's own.

    Frames of this package are passed over, and so are those of made-up code and of the standard
    library, unless there is no other: what the library makes for itself then goes to its own line.
    """
    made_up: tuple[str, int] | None = None
    library: tuple[str, int] | None = None
    frame = sys._getframe(1)
    while frame is not None:
        filename = frame.f_code.co_filename
        if not filename.startswith(_PACKAGE):
            line = (filename, frame.f_lineno or 0)
            if filename.startswith(_MADE_UP):
                made_up = made_up or line
            elif not _is_library(filename):
                return line
            else:
                library = library or line
        frame = frame.f_back  # type: ignore[assignment]
    return made_up or library
