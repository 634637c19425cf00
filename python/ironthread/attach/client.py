"""Asks a process, through its socket. The protocol is described in docs/diagnosis.md."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import socket
import struct
from typing import Any

from ironthread.attach.facts import printable

VERSION = 1
# The server takes its time for a slow interpreter, and has limits of its own.
_PATIENCE = 10.0
_LONGEST = 300  # characters of what a process says, in a message
_CREDENTIALS = "3i"  # struct ucred: process, user, group


class CannotAsk(Exception):  # noqa: N818 (it is no fault of the program that asks)
    """The process does not answer. The message is one line for the user."""


def ask(process: int, what: str, form: str = "json") -> dict[str, Any]:
    """Ask a process for its "dump" or "stats"; return the answer.

    Raises `CannotAsk` with the reason: there is no such process, it does not listen, it is somebody
    else's, it does not answer.
    """
    question = json.dumps({"version": VERSION, "ask": what, "form": form})
    with _connect(process) as connection:
        try:
            with contextlib.suppress(BrokenPipeError):  # it has said why
                connection.sendall(question.encode() + b"\n")
            answer = _read(connection)
        except TimeoutError:
            raise CannotAsk(
                f"process {process} does not answer within {_PATIENCE:.0f} s (is it stopped?)"
            ) from None
        except OSError as error:
            raise CannotAsk(f"process {process} broke off: {error.strerror}") from None
    return _checked(process, answer)


def _checked(process: int, answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        raise CannotAsk(f"process {process} broke off in the middle of its answer") from None
    if not isinstance(found, dict):
        raise not_understood(process, "no JSON object")
    match found.get("error"):
        case None:
            return found
        case {"message": str(message)}:
            raise CannotAsk(f"process {process} refuses: {printable(message)[:_LONGEST]}")
        case _:
            raise not_understood(process, "an error without a message")


def not_understood(process: int, why: str) -> CannotAsk:
    """What is raised for an answer in which something is missing, or is something else."""
    return CannotAsk(
        f"process {process} answers what this version of ironthread does not understand: "
        f"{why[:_LONGEST]}"
    )


def _read(connection: socket.socket) -> bytes:
    pieces: list[bytes] = []
    while not (pieces and pieces[-1].endswith(b"\n")):
        piece = connection.recv(1 << 16)
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


def _connect(process: int) -> socket.socket:
    user = _user_of(process)
    for path in _paths(process, user):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(path)
            if _peer(connection) != (process, user):
                raise CannotAsk(f"somebody else answers for process {process}, at {path}")
        except (FileNotFoundError, ConnectionRefusedError):
            # Never made; or left over, by a process that had no time to remove it.
            connection.close()
        except PermissionError:
            connection.close()
            raise CannotAsk(
                f"not permitted: process {process} is user {_name(user)}'s, who alone may ask it "
                "(and root)"
            ) from None
        except TimeoutError:
            connection.close()
            raise CannotAsk(f"process {process} does not answer (is it stopped?)") from None
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise CannotAsk(
        f"process {process} does not listen: start it with 'ironthread run --listen', or call "
        "ironthread.diagnosis.listen() in it"
    )


def _user_of(process: int) -> int:
    """The user whose rights the process has."""
    try:
        with open(f"/proc/{process}/status", encoding="utf-8", errors="replace") as status:
            for line in status:
                if line.startswith("Uid:"):
                    return int(line.split()[2])
    except (FileNotFoundError, ProcessLookupError):
        pass
    raise CannotAsk(f"there is no process {process}")


def _paths(process: int, user: int) -> tuple[str, ...]:
    """Where the socket of a user's process is (see crates/core/src/observe/serve/place.rs)."""
    directories = (f"/run/user/{user}/ironthread", f"/tmp/ironthread-{user}")
    return tuple(os.path.join(directory, f"{process}.sock") for directory in directories)


def _peer(connection: socket.socket) -> tuple[int, int]:
    """The process that listens there, and its user: anybody may make a directory in /tmp."""
    size = struct.calcsize(_CREDENTIALS)
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    process, user, _ = struct.unpack(_CREDENTIALS, credentials)
    return process, user


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
