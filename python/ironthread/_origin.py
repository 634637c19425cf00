"""Which line of the program is running: noted by the engine with each primitive it makes."""

import os
import sys

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
# Code that was made up at run time, by dataclasses and the like: who had it made up is of interest.
_MADE_UP = ("<string>", "<attrs generated ")
_INSTALLED = tuple(os.path.join("", name, "") for name in ("site-packages", "dist-packages"))

# Scripts that do nothing but call our command.
_launchers: set[str] = set()

# Whose a file is.
_OURS, _OF_MADE_UP_CODE, _OF_LIBRARY, _OF_PROGRAM = 1, 2, 3, 4
# By name: an import asks for each frame of a deep stack, again and again. There is a limit because
# a program can make up names without end.
_owners: dict[str, int] = {}
_MOST_FILES = 10_000


def _is_library(filename: str) -> bool:
    """Whether a file belongs to the standard library (what is installed beside it does not)."""
    if filename.startswith("<frozen "):
        return True
    return filename.startswith(_LIBRARY) and not any(part in filename for part in _INSTALLED)


def _is_ours(filename: str) -> bool:
    return filename.startswith(_PACKAGE) or filename in _launchers


def launched_by(filename: str) -> None:
    """Note that a file is the script by which our command was installed, and no program's."""
    _launchers.add(filename)


def is_program(filename: str) -> bool:
    """Whether a file is the program's own: no part of this package, nor of the standard library."""
    return not _is_ours(filename) and not _is_library(filename)


def _owner(filename: str) -> int:
    if _is_ours(filename):
        return _OURS
    if filename.startswith(_MADE_UP):
        return _OF_MADE_UP_CODE
    return _OF_LIBRARY if _is_library(filename) else _OF_PROGRAM


def _find_owner(filename: str) -> int:
    if len(_owners) >= _MOST_FILES:
        _owners.clear()
    owner = _owners[filename] = _owner(filename)
    return owner


def program_line() -> tuple[str, int] | None:
    """Return the file and line, counted from 1, of the innermost frame that is the program's own.

    Frames of this package are passed over, and so are those of made-up code and of the standard
    library, unless there is no other: what the library makes for itself then goes to its own line.
    """
    made_up = library = None
    frame = sys._getframe(1)
    while frame is not None:
        filename = frame.f_code.co_filename
        owner = _owners.get(filename) or _find_owner(filename)
        if owner == _OF_PROGRAM:
            return (filename, frame.f_lineno or 0)
        if owner == _OF_LIBRARY:
            library = library or frame
        elif owner == _OF_MADE_UP_CODE:
            made_up = made_up or frame
        frame = frame.f_back  # type: ignore[assignment]
    # Only now: to find the line of a frame takes longer than all of the rest.
    found = made_up or library
    return None if found is None else (found.f_code.co_filename, found.f_lineno or 0)
