"""Whatever a process answers, the commands show it or say in a line why they cannot."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Turns
from ironthread import cli
from listening import Listening, path_of
from mutation import as_json, mutated, mutated_value

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the socket is Linux's")

WORDS = (b"null", b"[" * 2000, b'{"', b"1" * 50, b"\n", b"\xff", b"NaN", b'"error": {', b",")


class Answering:
    """This process answers at its own socket, each time with what was last put here."""

    def __init__(self) -> None:
        self.answer = b""
        self._path = path_of(os.getpid())
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self._path.unlink()

    def _answer(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                connection.sendall(self.answer)


@pytest.fixture
def answering() -> Iterator[Answering]:
    answering = Answering()
    yield answering
    answering.close()


@pytest.fixture
def answers(tmp_path: Path) -> dict[str, Any]:
    """What a program really says, by what it was asked."""
    code = """
        import threading
        lock, event = threading.Lock(), threading.Event()
        lock.acquire()
        for name, wait in (("locked", lock.acquire), ("waits", event.wait)):
            threading.Thread(target=wait, name=name, daemon=True).start()
        input()
    """
    with Listening(tmp_path, code) as program:
        program.until_waiting("locked", "Lock")
        program.until_waiting("waits", "Event")
        return {"stats": program.ask("stats"), "dump": program.ask("dump", "text")}


@pytest.mark.parametrize("what", ["stats", "dump"])
def test_an_answer_that_is_not_understood_is_said_in_a_line(
    what: str,
    answering: Answering,
    answers: dict[str, Any],
    turns: Turns,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command(what, as_json(answers[what]), answering, capsys) == 0
    for rng in turns(400):
        answer = as_json(mutated_value(rng, answers[what]))
        if rng.random() < 0.4:
            answer = mutated(rng, answer, WORDS)
        command(what, answer + b"\n" * rng.randint(0, 1), answering, capsys)


def command(
    what: str, answer: bytes, answering: Answering, capsys: pytest.CaptureFixture[str]
) -> int:
    """The exit status of the command, which says one line if it is not zero."""
    answering.answer = answer
    capsys.readouterr()
    status = cli.main([what, str(os.getpid())])
    said = capsys.readouterr().err.splitlines()
    assert status in (0, 1), answer
    assert len(said) == status, said
    assert all(line.startswith("ironthread: ") and len(line) < 500 for line in said), said
    return status


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"null\n",
        b"[]\n",
        b"[" * 100_000,
        b"7\n",
        b'{"error": 1}\n',
        b'{"error": {}}\n',
        b"{}\n",
    ],
    ids=lambda answer: repr(answer[:15]),
)
@pytest.mark.parametrize("what", ["stats", "dump"])
def test_these_answers_were_tracebacks_once(
    what: str, answer: bytes, answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(what, answer, answering, capsys) == 1
