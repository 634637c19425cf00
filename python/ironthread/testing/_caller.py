"""Whose calls meet faults: the program's, or those of modules and files that were asked for."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase

from ironthread._origin import _PACKAGE, is_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


class Callers:
    """Chooses frames by patterns of `fnmatch`, of modules and of files; None: the program's."""

    def __init__(self, patterns: tuple[str, ...] | None) -> None:
        self._patterns = patterns
        self._chosen: dict[tuple[str, str], bool] = {}

    def direct(self, depth: int) -> FrameType | None:
        """The frame `depth` above the caller's own, if it is chosen."""
        frame = sys._getframe(depth + 1)
        return frame if self._chooses(frame) else None

    def innermost(self, depth: int) -> FrameType | None:
        """The innermost frame that is chosen, from the one `depth` above the caller's own."""
        frame: FrameType | None = sys._getframe(depth + 1)
        while frame is not None and not self._chooses(frame):
            frame = frame.f_back
        return frame

    def _chooses(self, frame: FrameType) -> bool:
        key = frame.f_code.co_filename, frame.f_globals.get("__name__") or ""
        chosen = self._chosen.get(key)
        if chosen is None:
            chosen = self._chosen[key] = self._is_chosen(*key)
        return chosen

    def _is_chosen(self, file: str, module: str) -> bool:
        if file.startswith(_PACKAGE):
            return False  # how we call ourselves is nobody's concern
        if self._patterns is None:
            return is_program(file)
        path = "/" + file.replace("\\", "/").lstrip("/")
        return any(
            fnmatchcase(module, pattern) or fnmatchcase(path, "*/" + pattern.lstrip("/"))
            for pattern in self._patterns
        )


def site_of(frame: FrameType, operation: str) -> str:
    """What names a site in a seed's streams: no line, which edits above it would change."""
    module = frame.f_globals.get("__name__") or ""
    return f"{module}:{frame.f_code.co_qualname}:{operation}"
