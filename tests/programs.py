"""Programs in processes of their own, with a hard limit of time and their output shown when they fail."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

from stacks import is_running, native_stacks, processes

TESTS = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Outcome:
    """What became of a program."""

    status: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit status {self.status}\n-- stdout\n{self.out}-- stderr\n{self.err}"


def run_program(
    source: str, *arguments: str, limit: float = 30.0, status: int | None = 0
) -> Outcome:
    """Run `source` as a program, at most `limit` seconds, and expect this exit status (None: any)."""
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "program.py"
        script.write_text(textwrap.dedent(source), encoding="utf-8")
        outcome = run_python(str(script), *arguments, limit=limit)
    assert status is None or outcome.status == status, (
        f"expected exit status {status}, got {outcome}"
    )
    return outcome


def run_python(*arguments: str, limit: float = 30.0) -> Outcome:
    """Run `python arguments...`, at most `limit` seconds.

    A program that is not through by then is ended with the stacks of all its threads and those of its
    children: `faulthandler` writes them on SIGABRT, and a debugger what is below.
    """
    # Output goes to files: a grandchild that lives on would keep a pipe open, and us reading.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=os.environ | {"PYTHONPATH": str(TESTS)},
            start_new_session=True,
        )
        native = ""
        try:
            process.wait(limit)
            hung = False
        except subprocess.TimeoutExpired:
            hung = True
            native = native_stacks(process.pid)
            _end(process)
        except BaseException:
            _signal_all(process, signal.SIGKILL)
            process.wait()
            raise
        outcome = Outcome(process.returncode, _text(out), _text(err))
    assert not hung, f"the program hangs: not through after {limit} s\n{outcome}\n{native}"
    return outcome


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and those it started, one after the other, so that each can say where it is."""
    for each in reversed(processes(process.pid) or [process.pid]):
        _signal(each, signal.SIGABRT)
        if each == process.pid:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5.0)
        else:
            _until_gone(each)
    _signal_all(process, signal.SIGKILL)
    process.wait()


def _until_gone(process: int) -> None:
    deadline = time.monotonic() + 2.0
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.001)


def _signal(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def _signal_all(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _text(file: object) -> str:
    file.seek(0)  # type: ignore[attr-defined]
    return bytes(file.read()).decode(errors="replace")  # type: ignore[attr-defined]
