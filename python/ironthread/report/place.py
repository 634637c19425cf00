"""Files and lines, as short as the room for them asks."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Of a path outside of the directory: a module and its package.
_LAST_PARTS = 2


def place(origin: tuple[str, int] | None, directory: str, room: int) -> str:
    """Where something was made, in at most `room` characters, named from `directory`."""
    if origin is None:
        return "(before the start)"
    file, line = origin
    number = f":{line}"
    return shortened(file, directory, room - len(number)) + number


def shortened(file: str, directory: str, room: int) -> str:
    """The path of a file: relative to `directory`, or its end."""
    form = file
    for form in _forms(file, directory):
        if len(form) <= room:
            return form
    return "…" + form[1 - max(room, 2) :]


def _forms(file: str, directory: str) -> Iterator[str]:
    """Ways to write the path, ever shorter."""
    inside = os.path.join(directory, "")
    if file.startswith(inside):
        yield file.removeprefix(inside)
    elif file.count(os.sep) <= _LAST_PARTS:
        yield file
    parts = file.split(os.sep)
    for count in range(_LAST_PARTS, 0, -1):
        if len(parts) > count:
            yield os.path.join("…", *parts[-count:])
