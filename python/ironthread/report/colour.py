"""Colours for terminals: heads of tables bold, what deserves attention yellow.

Lines are coloured when they are laid out already, so that no width is affected.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_BOLD, _DIM, _YELLOW, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"


class Paint:
    """Colours lines, or leaves them as they are."""

    def __init__(self, coloured: bool = False) -> None:
        self._coloured = coloured

    def table(self, lines: list[str]) -> list[str]:
        """A table whose first line is its head."""
        return [self._in(_BOLD, lines[0]), *lines[1:]] if lines else lines

    def note(self, line: str) -> str:
        """An explanation."""
        return self._in(_DIM, line)

    def alarm(self, line: str) -> str:
        """Something to look into."""
        return self._in(_YELLOW, line)

    def title(self, line: str) -> str:
        """The first line."""
        return self._in(_BOLD, line)

    def _in(self, colour: str, line: str) -> str:
        return f"{colour}{line}{_PLAIN}" if self._coloured else line


def wants_colour(stream: TextIO | None) -> bool:
    """Whether what is written to a stream is to be in colours (see https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream is not None and stream.isatty()
    except (OSError, ValueError):  # it is closed
        return False
