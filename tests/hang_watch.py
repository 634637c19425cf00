"""An end to tests that hang, and what is known of a run that ended in the middle of a test.

The dump is written by a thread of C code: a hang in native code may hold the interpreter for good, and no
Python code could end it. It goes to a file, since who reads a log often has only its end, and the frames
that tell something come first in a stack. ``python tests/hang_watch.py`` prints that file for such a reader:
without the frames of pytest, and with the test's name as its last line.
"""

from __future__ import annotations

import faulthandler
import sys
from pathlib import Path
from typing import TextIO

HANG_LIMIT_SECONDS = 120.0
LAST_WORDS = Path(__file__).parent.parent / "build" / "last-words.txt"
_OF_THE_RUNNER = ("/_pytest/", "/pluggy/", "/pytest/__main__.py", "<frozen runpy>")


class Watchdog:
    """Ends the process, with the stacks of all its threads in `LAST_WORDS`, when a test hangs."""

    def __init__(self) -> None:
        LAST_WORDS.parent.mkdir(exist_ok=True)
        self._file: TextIO = LAST_WORDS.open("w")

    def begin(self, test: str, limit: float) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{test}\n")
        self._file.flush()
        faulthandler.dump_traceback_later(limit, exit=True, file=self._file)

    def end(self) -> None:
        faulthandler.cancel_dump_traceback_later()

    def close(self) -> None:
        """The run came to its own end: there is nothing to tell."""
        self._file.close()
        LAST_WORDS.unlink(missing_ok=True)


def main() -> int:
    if not LAST_WORDS.exists():
        return 0
    test, *stacks = LAST_WORDS.read_text().splitlines()
    for line in stacks:
        if not any(part in line for part in _OF_THE_RUNNER):
            print(line, file=sys.stderr)
    print(f"the run ended in the middle of {test}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
