"""Runs a real program under python and under `ironthread run`, and holds the results side by side.

A program that serves is driven while it runs: `drive` talks to it as its users would, ends it, and returns
what it saw, which has to be the same both ways.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from python_process import CLEAN
from report_facts import assert_report

PROGRAMS = Path(__file__).resolve().parent / "programs_real"
PATIENCE = 30.0
"""Seconds after which a program counts as hanging."""

_ENVIRONMENT = CLEAN | {
    # Readiness is read from the output, so it has to come at once.
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "NO_COLOR": "1",
}


@dataclass(frozen=True)
class Ended:
    """What became of a program."""

    status: int
    out: str
    err: str
    seen: Any = None
    """What the one who drove it saw."""

    def __str__(self) -> str:
        return f"exit status {self.status}\n-- stdout\n{self.out}\n-- stderr\n{self.err}"


class Running:
    """A program that runs, in a process group of its own."""

    def __init__(self, command: list[str], directory: Path) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env=_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._changed = threading.Condition()
        self._texts = {"out": b"", "err": b""}
        self._readers = [
            threading.Thread(target=self._read, args=["out", self._process.stdout]),
            threading.Thread(target=self._read, args=["err", self._process.stderr]),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str, stream: IO[bytes]) -> None:
        while data := os.read(stream.fileno(), 1 << 16):
            with self._changed:
                self._texts[name] += data
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()
        stream.close()

    def _text(self, name: str) -> str:
        return self._texts[name].decode(errors="replace")

    def wait_for(self, pattern: str) -> str:
        """Wait until a line of the output has this pattern; return its first group, or all of it."""

        def search() -> re.Match[str] | None:
            # Whole lines only: the rest of one may be on its way.
            texts = (self._text(name).rpartition("\n")[0] for name in ("out", "err"))
            return next(filter(None, (re.search(pattern, text) for text in texts)), None)

        with self._changed:
            self._changed.wait_for(lambda: search() or self._is_over(), PATIENCE)
            found = search()
        if found is None:
            self._abort(f"no output like {pattern!r}")
        assert found is not None
        return found[1] if found.re.groups else found[0]

    def _is_over(self) -> bool:
        return self._process.poll() is not None and not any(r.is_alive() for r in self._readers)

    def write(self, text: str) -> None:
        """Write to its standard input, and close that."""
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())
        self._process.stdin.close()

    def interrupt(self) -> None:
        """Press Ctrl-C: every process of the group gets the signal."""
        self._send_to_group(signal.SIGINT)

    def send(self, number: int) -> None:
        """Send a signal to the program alone, as a service manager does."""
        self._process.send_signal(number)

    def end(self, seen: object = None) -> Ended:
        """Wait for its end; whoever has its output open must have ended, too."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._abort(f"not through after {PATIENCE} s")
        for reader in self._readers:
            reader.join(PATIENCE)
            if reader.is_alive():
                self._abort("a child lives on and keeps the output open")
        return Ended(self._process.returncode, self._text("out"), self._text("err"), seen)

    def _abort(self, problem: str) -> None:
        self._send_to_group(signal.SIGABRT)  # faulthandler writes the stacks of all threads
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            pass
        self.kill()
        raise AssertionError(f"{problem}; exit status {self._process.returncode}")

    def written(self) -> str:
        """What it wrote so far."""
        return f"-- stdout\n{self._text('out')}\n-- stderr\n{self._text('err')}"

    def kill(self) -> None:
        """Leave nothing of it behind."""
        self._send_to_group(signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join()

    def _send_to_group(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            pass


def execute(
    launcher: list[str],
    arguments: tuple[str, ...],
    directory: Path,
    drive: Callable[[Running], object] | None = None,
) -> Ended:
    """Run one program to its end, driving it meanwhile."""
    command = [sys.executable, "-X", "faulthandler", *launcher, *arguments]
    running = Running(command, directory)
    try:
        return running.end(drive(running) if drive else None)
    except BaseException as error:
        running.kill()
        error.add_note(running.written())
        raise


@dataclass(frozen=True)
class Comparison:
    """A program run three ways: under python, under `ironthread run`, and there with a report."""

    plain: Ended
    report: dict[str, Any]


def compare(
    directory: Path,
    *arguments: str,
    status: int = 0,
    drive: Callable[[Running], object] | None = None,
    tidy: Callable[[str], object] = str,
    threads: Mapping[str, int | range] = {},
) -> Comparison:
    """Run `python arguments...` all three ways, and expect the same of each.

    `tidy` takes the time of day, the port and the like out of what was written. `threads` says how
    many threads of which names the report has to list, beside the main thread.
    """
    run = ["-m", "ironthread", "run"]
    file = directory / "report.json"
    plain = execute([], arguments, directory, drive)
    assert plain.status == status, f"under python: {plain}"
    for options in (["--report", "none"], ["--report", "json", "--report-file", str(file)]):
        ours = execute([*run, *options], arguments, directory, drive)
        assert ours.status == status, f"under {options}: {ours}"
        assert tidy(ours.out) == tidy(plain.out), options
        assert tidy(ours.err) == tidy(plain.err), options
        assert ours.seen == plain.seen, options
    report = json.loads(file.read_text(encoding="utf-8"))
    assert_report(report, list(arguments), threads)
    return Comparison(plain, report)
