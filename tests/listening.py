"""Programs that listen, in processes of their own, and what their sockets say."""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from python_process import CLEAN, PATIENCE, Result, start, write

HOLD_INTERPRETER = """
    import ctypes
    # Called through PyDLL, a C function keeps the interpreter.
    hold = ctypes.PyDLL(None).usleep
"""


def path_of(process: int, user: int | None = None) -> Path:
    """Where a process's socket has to be."""
    user = os.geteuid() if user is None else user
    session = Path(f"/run/user/{user}")
    if session.is_dir() and session.stat().st_uid == user:
        return session / "ironthread" / f"{process}.sock"
    return Path(f"/tmp/ironthread-{user}/{process}.sock")


class Listening:
    """A program that runs, and tells by lines of its output how far it has come."""

    def __init__(self, tmp_path: Path, code: str, *options: str) -> None:
        self.script = write(tmp_path / "app.py", code)
        self.err = tmp_path / "stderr.txt"
        with self.err.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, *(options or RUN), str(self.script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
                env=CLEAN,
                bufsize=0,  # what was read ahead, the selector would not see
            )
        self.pid = self._process.pid

    def until(self, line: str) -> str:
        """Wait until the program has written a line that matches; return it."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while selector.select(deadline - time.monotonic()):
                found = self._process.stdout.readline().decode()
                if re.fullmatch(line, found.rstrip("\n")):
                    return found.rstrip("\n")
                assert found, f"the program has ended: {self.stderr()}"
        raise AssertionError(f"no line {line!r}: {self.stderr()}")

    def tell(self) -> None:
        """Let the program go on that waits for a line of input."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()

    def stderr(self) -> str:
        return self.err.read_text(encoding="utf-8", errors="replace")

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(PATIENCE)

    def connect(self) -> socket.socket:
        """A connection to the program, as soon as it listens."""
        deadline = time.monotonic() + PATIENCE
        while True:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(PATIENCE)
            try:
                connection.connect(str(path_of(self.pid)))
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
                assert self._process.poll() is None, f"it has ended: {self.stderr()}"
                assert time.monotonic() < deadline, f"it does not listen: {self.stderr()}"
                time.sleep(0.005)
            else:
                return connection

    def raw(self, question: bytes) -> dict[str, Any]:
        """The answer to these bytes."""
        with self.connect() as connection:
            try:
                connection.sendall(question)
            except BrokenPipeError:
                pass  # it has said why
            return answer(connection)

    def ask(self, what: str, form: str = "json") -> dict[str, Any]:
        question = {"version": 1, "ask": what, "form": form}
        return self.raw(json.dumps(question).encode() + b"\n")

    def thread(self, name: str, what: str = "dump") -> dict[str, Any]:
        """What is told of the thread of that name."""
        threads = self.ask(what)["threads"]
        (found,) = (thread for thread in threads if thread["name"] == name)
        assert isinstance(found, dict)
        return found

    def until_waiting(self, name: str, kind: str) -> None:
        """Wait until the thread of that name waits for a thing of this kind."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = [each for each in self.ask("stats")["threads"] if each["name"] == name]
            if found and found[0]["waiting"] and found[0]["waiting"]["kind"] == kind:
                return
            assert time.monotonic() < deadline, f"{name} does not wait for {kind}: {found}"
            time.sleep(0.005)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        # One that was killed has left it.
        path_of(self.pid).unlink(missing_ok=True)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()


RUN = ("-m", "ironthread", "run", "--report", "none", "--listen")


def answer(connection: socket.socket) -> dict[str, Any]:
    """The answer that comes over a connection."""
    pieces = []
    while True:
        try:
            piece = connection.recv(1 << 16)
        except ConnectionResetError:
            break  # something was left unread there
        if not piece:
            break
        pieces.append(piece)
    found: dict[str, Any] = json.loads(b"".join(pieces))
    return found


def ironthread(*arguments: object) -> Result:
    """Run `python -m ironthread arguments...`."""
    return start(["-m", "ironthread", *map(str, arguments)])
