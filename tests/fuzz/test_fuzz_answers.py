"""Whatever a process answers, the commands show it or say in a line why they cannot."""

from __future__ import annotations

import contextlib
import os
import pty
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from conftest import Turns
from ironthread import cli
from ironthread.attach.client import CannotAsk, ask
from ironthread.attach.command import _SOMETHING_ELSE
from ironthread.attach.facts import held
from ironthread.attach.sample import Sample
from ironthread.attach.table import lines_of
from ironthread.attach.views import VIEWS, Order
from listening import Listening, path_of
from mutation import as_json, mutated, mutated_value
from python_process import CLEAN, PATIENCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the socket is Linux's")

WORDS = (b"null", b"[" * 2000, b'{"', b"1" * 50, b"\n", b"\xff", b"NaN", b'"error": {', b",")


class Answering:
    """This process answers at its own socket, each time with what was last put here."""

    def __init__(self) -> None:
        self.answer = b""
        self.later: list[bytes] = []
        """What it answers after that, one after the other."""
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
                answer = self.answer
                if self.later:
                    self.answer = self.later.pop(0)
                connection.sendall(answer)


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
        command(what, nearly(rng, answers[what]), answering, capsys)


def nearly(rng: random.Random, answer: Any) -> bytes:
    """What is nearly this answer."""
    found = as_json(mutated_value(rng, answer))
    if rng.random() < 0.4:
        found = mutated(rng, found, WORDS)
    return found + b"\n" * rng.randint(0, 1)


def command(
    what: str, answer: bytes, answering: Answering, capsys: pytest.CaptureFixture[str]
) -> int:
    """The exit status of the command, which says one line if it is not zero."""
    answering.answer = answer
    capsys.readouterr()
    status = cli.main([what, str(os.getpid())])
    shown, errors = capsys.readouterr()
    assert shown.replace("\n", "").isprintable(), shown
    said = errors.splitlines()
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


def test_top_shows_all_its_tables_of_answers_or_does_not_understand_them(
    answering: Answering, answers: dict[str, Any], turns: Turns
) -> None:
    good = as_json(answers["stats"])
    assert tables(good, tables(good, None, answering), answering) is not None
    for rng in turns(200):
        before = None
        for _ in range(rng.randint(1, 3)):
            answer = good if rng.random() < 0.3 else nearly(rng, answers["stats"])
            # What the command tells in a line. Nothing else may come.
            with contextlib.suppress(CannotAsk, *_SOMETHING_ELSE):
                before = tables(answer, before, answering)


def tables(answer: bytes, before: Sample | None, answering: Answering) -> Sample:
    """The answer, of which all views were made, by each of their columns."""
    answering.answer = answer
    sample = Sample(ask(os.getpid(), "stats"), before)
    assert held(sample.answer)
    for view in VIEWS:
        for column, falls in product(range(len(view.columns)), (False, True)):
            assert lines_of(view, Order(column, falls), sample)
    return sample


def test_top_leaves_its_terminal_with_a_line_when_an_answer_is_not_understood(
    answering: Answering, answers: dict[str, Any], turns: Turns
) -> None:
    good = as_json(answers["stats"])
    for rng in turns(5):
        answering.answer = good
        answering.later = [*(nearly(rng, answers["stats"]) for _ in range(2)), b""]
        status, said = at_terminal()
        assert status == 1, said
        (line,) = said.splitlines()
        assert line.startswith("ironthread: process "), line


def at_terminal() -> tuple[int, str]:
    """The exit status of `top`, in a terminal of its own, and what it says besides."""
    command = [sys.executable, "-m", "ironthread", "top", str(os.getpid()), "--interval", "0.1"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=CLEAN | {"TERM": "xterm"}
    ) as top:
        os.close(theirs)
        reader = threading.Thread(target=read, args=(ours,))
        reader.start()
        _, said = top.communicate(timeout=PATIENCE)
        reader.join()
    os.close(ours)
    return top.returncode, said.decode()


def read(terminal: int) -> None:
    """Read what is shown until the terminal's last program has ended: a screen that is full waits."""
    with contextlib.suppress(OSError):
        while os.read(terminal, 4096):
            pass


@pytest.mark.parametrize("what", ["stats", "dump"])
def test_nothing_that_a_process_answers_moves_the_terminal(
    what: str,
    answering: Answering,
    answers: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = answers[what]
    if what == "stats":
        answer["process"]["id"] = answer["waits"][0]["kind"] = "\x1b[2J"
    else:
        answer["text"] += "\x1b[2J\r"
    assert command(what, as_json(answer), answering, capsys) == 0
