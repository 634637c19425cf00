"""What a test process tells the harness: one JSON object a line, appended to a file.

A file, because what was written stays readable after the process died or was killed.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

Event: TypeAlias = dict[str, Any]
Emit: TypeAlias = Callable[..., None]


def writer(path: Path) -> Emit:
    """A function that appends one event: its kind, and what belongs to it."""
    descriptor = _out_of_the_way(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    process = os.getpid()
    write, getpid = os.write, os.getpid  # tests replace functions of `os`

    def emit(kind: str, **details: object) -> None:
        if getpid() != process:
            os._exit(99)  # a fork that a test made came back into the test runner
        line = json.dumps({"kind": kind, **details}) + "\n"
        write(descriptor, line.encode("utf-8", "backslashreplace"))

    return emit


def _out_of_the_way(descriptor: int) -> int:
    """The same file under a high number: tests count on the low ones, and close them."""
    try:
        import fcntl
    except ImportError:
        return descriptor
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 200)
    os.close(descriptor)
    return high


class Reader:
    """Reads the events that have arrived since it was last asked."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""

    def fresh(self) -> list[Event]:
        """The new events, complete lines only."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
