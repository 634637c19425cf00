"""Whatever comes over its sockets, a program answers or hangs up, and answers the next one who asks."""

from __future__ import annotations

import json
import os
import random
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Turns
from listening import Listening
from metrics_page import fetch
from mutation import as_json, mutated, mutated_value
from python_process import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the server is Linux's")

QUESTION = {"version": 1, "ask": "dump", "form": "text"}
WORDS = (b'"version"', b'"ask"', b'"stats"', b"{", b"[", b"\n", b"\\ud800", b"\xff", b"1e9", b" ")
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"
FIELDS = (b"\r\n", b"\r\n\r\n", b"Host: a\r\n", b"HEAD", b"/metrics?", b"\0", b"\xff", b" ", b":")
STATUSES = ("200", "400", "404", "405", "431")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[Listening, int]]:
    """A program that listens, and the port of its metrics."""
    code = """
        import ironthread, threading
        server = ironthread.serve_metrics(0)
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        print(server.port, flush=True)
        input()
    """
    with Listening(tmp_path, code) as program:
        port = int(program.until(r"\d+"))
        yield program, port
        # It is as alive as before, and ends as it was meant to.
        assert program.ask("stats")["process"]["id"] == program.pid
        program.tell()
        assert program.wait() == 0
        assert program.stderr() == ""


def send(rng: random.Random, connection: socket.socket, data: bytes) -> bytes | None:
    """What comes back; None when it was not waited for."""
    connection.settimeout(PATIENCE)
    with connection:
        try:
            cut = rng.randint(0, len(data))
            for piece in (data[:cut], data[cut:]):
                connection.sendall(piece)
            if rng.random() < 0.2:
                return None
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has heard enough
        pieces = []
        try:
            while piece := connection.recv(1 << 16):
                pieces.append(piece)
        except ConnectionResetError:
            pass  # something was left unread there
        return b"".join(pieces)


def descriptors(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))


def until_as_few(process: int, number: int) -> None:
    """Wait until all connections are closed there."""
    deadline = time.monotonic() + PATIENCE
    while descriptors(process) > number:
        assert time.monotonic() < deadline, os.listdir(f"/proc/{process}/fd")
        time.sleep(0.01)


def test_any_line_is_answered_in_one_line(program: tuple[Listening, int], turns: Turns) -> None:
    listening, _ = program
    listening.ask("stats")
    before = descriptors(listening.pid)
    for rng in turns(200):
        question = as_json(mutated_value(rng, QUESTION)) + b"\n"
        if rng.random() < 0.7:
            question = mutated(rng, question, WORDS)
        # (One that begins with nothing is no question: who connects and leaves.)
        if answer := send(rng, listening.connect(), question):
            assert answer.endswith(b"\n"), question
            found = json.loads(answer)
            assert found["version"] == 1, question
            assert ("error" in found) != ("threads" in found or "text" in found), question
    assert listening.ask("dump")["process"]["id"] == listening.pid
    until_as_few(listening.pid, before)


def test_any_request_is_answered_as_http_says(program: tuple[Listening, int], turns: Turns) -> None:
    listening, port = program
    with fetch(port) as page:
        page.read()
    listening.ask("stats")
    before = descriptors(listening.pid)
    for rng in turns(200):
        request = mutated(rng, REQUEST, FIELDS)
        if answer := send(rng, socket.create_connection(("127.0.0.1", port)), request):
            head, _, body = answer.partition(b"\r\n\r\n")
            protocol, status, *_ = head.decode("ascii").split()
            assert (protocol, status in STATUSES) == ("HTTP/1.1", True), request
            (length,) = (
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.startswith(b"Content-Length:")
            )
            assert len(body) in (length, 0), request
    with fetch(port) as page:
        assert page.status == 200
    until_as_few(listening.pid, before)
