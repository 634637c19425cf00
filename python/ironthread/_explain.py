"""Explanations on standard error, from the middle of a program that may be stuck.

Nothing here imports, takes a lock, or writes through a stream whose lock a stuck thread may hold.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    # File, line and function.
    Frame = tuple[str, int, str]

_WIDTH = 80
# More frames than these are counted and not shown.
_MOST_FRAMES = 12


class Told:
    """What was told while the program ran."""

    __slots__ = ("headline", "text", "title")

    def __init__(self, title: str, headline: str, text: str) -> None:
        self.title = title
        """What it is about: "deadlock" or "lock order"."""
        self.headline = headline
        self.text = text
        """The whole explanation."""


# Kept for the report at the end; what is told after that many is not.
_MOST_TOLD = 100
told: list[Told] = []


def tell(title: str, headline: str, text: str) -> None:
    """Explain something on standard error, and keep it for the report."""
    if len(told) < _MOST_TOLD:
        told.append(Told(title, headline, text))
    _write(title, text)


def _write(title: str, text: str) -> None:
    headline = f"── ironthread ── {title} ".ljust(_WIDTH, "─")
    data = f"{headline}\n{text}\n{'─' * _WIDTH}\n".encode("utf-8", "backslashreplace")
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        pass  # nobody is left to read it


def frames(stack: Sequence[Frame]) -> Iterator[str]:
    """A line for each frame, the innermost last, with its source."""
    left_out = len(stack) - _MOST_FRAMES
    if left_out > 0:
        yield f"    ({left_out} more frames)"
    for file, line, function in stack[-_MOST_FRAMES:]:
        yield f"    {place(file, line)}, in {function}: {source(file, line)}"


def thread_name(name: str | None, ident: int, is_alive: bool = True) -> str:
    """What a thread is called, of which the engine knows this name, or none."""
    # The identifier of one that has ended may be another's by now.
    if name is None and is_alive:
        known = getattr(sys.modules.get("threading"), "_active", {})
        name = getattr(known.get(ident), "name", None)
    return name or f"(thread {ident})"


def place(file: str, line: int) -> str:
    """File and line, relative to the directory in which the process began."""
    if _DIRECTORY and file.startswith(_DIRECTORY):
        file = file[len(_DIRECTORY) :]
    return f"{file}:{line}"


def source(file: str, line: int) -> str:
    """The text of a line, or "?"."""
    # Without `linecache`, which imports.
    try:
        with open(file, "rb") as stream:
            for number, text in enumerate(stream, 1):
                if number == line:
                    return text.decode("utf-8", "replace").strip()
    except (OSError, ValueError):
        pass
    return "?"


def _directory() -> str:
    try:
        return os.path.join(os.getcwd(), "")
    except OSError:
        return ""


_DIRECTORY = _directory()
