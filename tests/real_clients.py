"""Clients of the real programs: many at a time, and what each of them saw."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

PATIENCE = 30.0


def together(clients: int, action: Callable[[int], list[Any]]) -> list[Any]:
    """Let so many clients do the same at a time; return all they saw, in the order of the clients."""
    with ThreadPoolExecutor(clients) as pool:
        return [seen for saw in pool.map(action, range(clients)) for seen in saw]


def request(
    port: int, path: str, visitor: str = "nobody", body: object = None
) -> tuple[int, bytes]:
    """One request on a connection of its own, read until the server has closed it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        headers = {"X-Visitor": visitor, "Connection": "close"}
        if body is None:
            connection.request("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/json"
            connection.request("POST", path, json.dumps(body), headers)
        peer = connection.sock
        answer = connection.getresponse()
        content = answer.read()
        if peer is not None and peer.fileno() >= 0:
            assert peer.recv(1) == b""
        return answer.status, content
    finally:
        connection.close()


def fingerprint(answer: tuple[int, bytes]) -> tuple[int, int, str]:
    """Status, length and digest of an answer."""
    return answer[0], len(answer[1]), hashlib.sha256(answer[1]).hexdigest()


class Chatter:
    """One client of the chat."""

    def __init__(self, port: int, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")
        self.name = name
        self.say(name)

    def say(self, text: str) -> None:
        self._socket.sendall(f"{text}\n".encode())

    def hear(self) -> str:
        return self._lines.readline().rstrip("\n")

    def hear_until(self, wanted: str) -> list[str]:
        """All lines up to the wanted one."""
        heard: list[str] = []
        while not heard or heard[-1] != wanted:
            line = self._lines.readline()
            assert line, f"{self.name} was left alone, having heard {heard[-3:]}"
            heard.append(line.rstrip("\n"))
        return heard

    def leave(self) -> None:
        """Say that no more comes, and listen to the end: a server is not to be cut short."""
        self._socket.shutdown(socket.SHUT_WR)
        self._lines.read()
        self._lines.close()
        self._socket.close()


@contextmanager
def chatters(port: int, names: list[str]) -> Iterator[list[Chatter]]:
    """Clients that came in one after the other."""
    came: list[Chatter] = []
    try:
        for name in names:
            came.append(Chatter(port, name))
            assert came[-1].hear() == f"* {name} is here"
        yield came
    finally:
        for chatter in came:
            chatter.leave()
