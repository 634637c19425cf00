"""Programs in processes of their own, with a hard limit of time and their output shown when they fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

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
    """Run `source` as a program, at most `limit` seconds, and expect this exit status (None: any).

    A program that is not through by then is ended with the stacks of all its threads and those of its
    children: `faulthandler` writes them on SIGABRT.
    """
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "program.py"
        script.write_text(textwrap.dedent(source), encoding="utf-8")
        environment = os.environ | {"PYTHONPATH": str(TESTS)}
        # Output goes to files: a grandchild that lives on would keep a pipe open, and us reading.
        with (
            open(script.with_suffix(".out"), "w+b") as out,
            open(script.with_suffix(".err"), "w+b") as err,
        ):
            process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", str(script), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
                start_new_session=True,
            )
            hung = False
            try:
                process.wait(limit)
            except subprocess.TimeoutExpired:
                hung = True
                _end(process)
            except BaseException:
                _signal_all(process, signal.SIGKILL)
                process.wait()
                raise
            outcome = Outcome(process.returncode, _text(out), _text(err))
    assert not hung, f"the program hangs: not through after {limit} s\n{outcome}"
    assert status is None or outcome.status == status, (
        f"expected exit status {status}, got {outcome}"
    )
    return outcome


def _end(process: subprocess.Popen[bytes]) -> None:
    _signal_all(process, signal.SIGABRT)
    try:
        process.wait(5.0)
    except subprocess.TimeoutExpired:
        pass
    _signal_all(process, signal.SIGKILL)
    process.wait()


def _signal_all(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def _text(file: object) -> str:
    file.seek(0)  # type: ignore[attr-defined]
    return bytes(file.read()).decode(errors="replace")  # type: ignore[attr-defined]
