"""Runs one test process, and never waits for one that has stopped telling anything."""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .environment import HARNESS, Environment
from .events import Event, Reader

POLL = 0.02
DYING = 5.0
"""Seconds a process has to write its stacks once it was told to abort."""
LOG_LINES = 150

START = (
    "import sys; sys.path.insert(0, {above!r}); from {package}.worker import main; "
    "del sys.path[0]; main(*sys.argv[1:])"
)


class StoppedError(Exception):
    """The harness was told to end."""


@dataclass(frozen=True)
class Ended:
    """What a process told, and how it ended."""

    events: list[Event]
    hung: bool
    status: int
    log: str
    """The end of what it wrote to its standard streams; after a hang, all threads' stacks."""

    @property
    def done(self) -> bool:
        """Whether it came to the end of its task."""
        return bool(self.events) and self.events[-1]["kind"] == "done"

    def describe(self) -> str:
        """How it ended, for the reader."""
        if self.hung:
            return "no sign of life; the stacks follow"
        if self.status < 0:
            with suppress(ValueError):
                return f"killed by {signal.Signals(-self.status).name}"
        return f"exit status {self.status}"


@dataclass(frozen=True)
class Launcher:
    """Starts test processes of one environment."""

    environment: Environment
    silence: float
    """Seconds without an event after which a process counts as hung."""
    stop: threading.Event
    """Set when the harness is told to end."""

    def run(self, task: str, *arguments: str) -> Ended:
        """Do a task of `worker.py` in a process of its own."""
        with TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True) as name:
            directory = Path(name)
            events = directory / "events"
            events.touch()
            start = START.format(above=str(HARNESS.parent), package=HARNESS.name)
            with (directory / "log").open("wb") as log:
                process = subprocess.Popen(
                    [
                        str(self.environment.python),
                        *("-X", "faulthandler", "-c", start, str(events), task, *arguments),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=directory,
                    env=self.environment.variables(directory),
                    start_new_session=True,
                )
            try:
                told, hung = self._watch(process, events)
            finally:
                _end(process)
            text = (directory / "log").read_text("utf-8", "replace")
            last = "\n".join(text.splitlines()[-LOG_LINES:])
            return Ended(told, hung, process.returncode, last)

    def _watch(self, process: subprocess.Popen[bytes], path: Path) -> tuple[list[Event], bool]:
        """Collect events until the process ends or falls silent."""
        reader, told = Reader(path), list[Event]()
        try:
            heard = time.monotonic()
            while True:
                over = _over(process)  # asked first: what it wrote before is read below
                fresh = reader.fresh()
                told += fresh
                if fresh:
                    heard = time.monotonic()
                elif over:
                    return told, False
                elif time.monotonic() - heard > self.silence:
                    _abort(process)
                    return told + reader.fresh(), True
                elif self.stop.wait(POLL):
                    raise StoppedError
        finally:
            reader.close()


def _over(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has ended; where the system can tell without reaping it.

    As long as it is not reaped its number is not given to another process, and it is safe to
    send signals to its group.
    """
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, flags) is not None


def _abort(process: subprocess.Popen[bytes]) -> None:
    """Have the process write the stacks of its threads and die: faulthandler does so on SIGABRT."""
    process.send_signal(signal.SIGABRT)
    deadline = time.monotonic() + DYING
    while not _over(process) and time.monotonic() < deadline:
        time.sleep(POLL)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process, where it still runs, and what it started and left behind."""
    if process.returncode is None:
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
