"""A chat room over TCP: what one client says, all who are in the room are told.

One thread for each client reads what it says, one sends it what it is told; between them stands
one thread that owns the room.

* All that happens goes through one bounded queue, in one order; the readers wait while it is full,
  and so, through TCP, do those who talk (back-pressure).
* Each client has a bounded outbox. One that does not read holds the room up, until it reads or is
  gone.
* What a client that is gone should have been told is thrown away, and counted.

Clients come in waves and talk. Two more listen from the beginning to the end, and stall first: they
do not read until the room was held up. Others vanish: they break their connections, at once or when
the room was held up. At the end the sums of both sides must be equal, message by message.

    python examples/chat_room.py
    ironthread run examples/chat_room.py --talkers 12
"""

from __future__ import annotations

import argparse
import hashlib
import queue
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

EVENTS = 32
OUTBOX = 8
BUFFER_BYTES = 4096
"""Small, so that one who does not read is noticed early."""
PADDING = "x" * 200
LISTENERS = 2
VANISHERS = 2
FEW = 3
"""Messages that fit into any buffer: who says no more need not read."""

# ---------------------------------------------------------------- the room


@dataclass
class Messages:
    """How many there were, and which, in their order."""

    count: int = 0
    hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, text: bytes) -> None:
        """Count one."""
        self.count += 1
        self.hash.update(text)

    def same(self, other: Messages) -> bool:
        """Whether these are those."""
        return (self.count, self.hash.digest()) == (other.count, other.hash.digest())


@dataclass(eq=False)
class Member:
    """A client, as the server sees it. Only one thread writes each figure."""

    name: str
    outbox: queue.Queue[bytes | None] = field(default_factory=lambda: queue.Queue(OUTBOX))
    said: Messages = field(default_factory=Messages)
    met_after: int = 0
    """Messages that had been said when it came."""
    gone_after: int = 0
    """... and when it left."""
    told: int = 0
    sent: Messages = field(default_factory=Messages)
    discarded: int = 0

    @property
    def owed(self) -> int:
        """What was said while it was there, and a welcome."""
        return 1 + self.gone_after - self.met_after


@dataclass(frozen=True)
class Happening:
    """Something that a member does."""

    kind: Literal["comes", "says", "leaves"]
    member: Member
    text: bytes = b""


class Room:
    """Who is there, and who was. Its own thread alone changes it."""

    def __init__(self) -> None:
        self.happenings: queue.Queue[Happening | None] = queue.Queue(EVENTS)
        self.held_up = threading.Event()
        self.times_held_up = 0
        self.said = 0
        self.owed = 0
        """Messages that somebody was to be told."""
        self.met: list[Member] = []
        self._present: list[Member] = []
        self._thread = threading.Thread(target=self._live, name="room")
        self._thread.start()

    def close(self) -> None:
        """End, when everything that has happened was told."""
        self.happenings.put(None)
        self._thread.join()

    def _live(self) -> None:
        while (each := self.happenings.get()) is not None:
            if each.kind == "comes":
                each.member.met_after = self.said
                self.met.append(each.member)
                self._present.append(each.member)
                self.owed += 1
                self._tell(each.member, b"welcome\n")
            elif each.kind == "says":
                self.said += 1
                self.owed += len(self._present)
                for member in self._present:
                    self._tell(member, each.text)
            else:
                each.member.gone_after = self.said
                self._present.remove(each.member)
                each.member.outbox.put(None)

    def _tell(self, member: Member, text: bytes) -> None:
        try:
            member.outbox.put_nowait(text)
        except queue.Full:
            self.times_held_up += 1
            self.held_up.set()
            member.outbox.put(text)
        member.told += 1


class Server(socketserver.ThreadingTCPServer):
    """Serves a room."""

    daemon_threads = False  # server_close() waits for the thread of every connection
    request_queue_size = 128  # a wave of clients connects all at once

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Reader)
        self.room = Room()


class Reader(socketserver.StreamRequestHandler):
    """Reads what one client says; another thread sends."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Tell the room of the client until it leaves, or is gone."""
        assert isinstance(self.server, Server)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        happenings = self.server.room.happenings
        member = Member(self.rfile.readline().decode().strip())
        sender = threading.Thread(target=self._send, args=(member,), name=f"to {member.name}")
        sender.start()
        happenings.put(Happening("comes", member))
        try:
            for text in self.rfile:
                # (A connection that breaks may cut a message off.)
                if text.endswith(b"\n"):
                    member.said.add(text)
                    happenings.put(Happening("says", member, text))
        except OSError:
            pass  # it has vanished
        happenings.put(Happening("leaves", member))
        sender.join()

    def _send(self, member: Member) -> None:
        is_gone = False
        while (text := member.outbox.get()) is not None:
            if not is_gone:
                try:
                    self.connection.sendall(text)
                except OSError:
                    is_gone = True
            if is_gone:
                # The room goes on filling the outbox until it knows.
                member.discarded += 1
            else:
                member.sent.add(text)


# ------------------------------------------------------------- the clients


class Client:
    """A connection to the server, and what became of it."""

    def __init__(self, port: int, name: str) -> None:
        self.name = name
        self.said = Messages()
        self.heard = Messages()
        self._connection = socket.socket()
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self._connection.connect(("127.0.0.1", port))
        self._lines = self._connection.makefile("rb")
        self._connection.sendall(f"{name}\n".encode())
        self._hear()  # from the welcome on it is in the room

    def say(self, count: int) -> None:
        """Say so many messages."""
        for number in range(count):
            text = f"{self.name} {number} {PADDING}\n".encode()
            self._connection.sendall(text)
            self.said.add(text)

    def leave(self) -> None:
        """Say nothing more."""
        self._connection.shutdown(socket.SHUT_WR)

    def hear_all(self) -> None:
        """Read until the server has nothing more to tell."""
        while self._hear():
            pass
        self._lines.close()
        self._connection.close()

    def vanish(self) -> None:
        """Break the connection, whatever is on its way."""
        no_time = struct.pack("ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
        self._lines.close()
        self._connection.close()

    def _hear(self) -> bool:
        if text := self._lines.readline():
            self.heard.add(text)
        return bool(text)


def start(work: Callable[[], None], name: str) -> threading.Thread:
    """Start a thread."""
    thread = threading.Thread(target=work, name=name)
    thread.start()
    return thread


@dataclass
class Evening:
    """All that was said and heard, on both sides."""

    room: Room
    stayed: list[Client] = field(default_factory=list)
    """Until all who talk have left; of one who vanished more may be heard later."""
    left: list[Client] = field(default_factory=list)
    vanished: list[Client] = field(default_factory=list)

    def problems(self) -> list[str]:
        """Return the claims that do not hold."""
        members = {member.name: member for member in self.room.met}
        polite = self.stayed + self.left
        said = sum(member.said.count for member in self.room.met)
        told = sum(member.told for member in self.room.met)
        claims = {
            "everybody was met once": len(self.room.met)
            == len(members)
            == len(polite) + len(self.vanished),
            "what was said arrived": all(
                client.said.same(members[client.name].said) for client in polite
            ),
            "what was sent was heard, in order": all(
                client.heard.same(members[client.name].sent) for client in polite
            ),
            "those who vanished said no more than they did": all(
                members[client.name].said.count <= client.said.count for client in self.vanished
            ),
            "all heard what was said while they were there, and a welcome": all(
                client.heard.count == members[client.name].owed for client in polite
            ),
            f"{self.room.said} messages were passed on ({said})": said == self.room.said,
            f"{self.room.owed} messages were told ({told})": told == self.room.owed,
            "what was told was sent or discarded": all(
                member.told == member.sent.count + member.discarded for member in self.room.met
            ),
            "nothing was discarded of those who read": not any(
                members[client.name].discarded for client in polite
            ),
            "nothing is left over": self.room.happenings.empty()
            and all(member.outbox.empty() for member in self.room.met),
        }
        return [claim for claim, holds in claims.items() if not holds]


def spend(talkers: int, messages: int, waves: int) -> Evening:
    """Open a room, have clients come, talk, stall and vanish, and close it."""
    with Server() as server:
        loop = start(lambda: server.serve_forever(0.02), "server")
        evening = Evening(server.room)
        port = server.server_address[1]
        evening.stayed = [Client(port, f"listener-{number}") for number in range(LISTENERS)]

        def stall(client: Client) -> None:
            server.room.held_up.wait()
            client.hear_all()

        listening = [start(partial(stall, each), each.name) for each in evening.stayed]
        for wave in range(waves):
            _come_and_go(evening, port, f"wave-{wave}", talkers, messages)
        for client in evening.stayed:
            client.leave()
        for thread in listening:
            thread.join()
        server.shutdown()
        loop.join()
    server.room.close()
    return evening


def _come_and_go(evening: Evening, port: int, wave: str, talkers: int, messages: int) -> None:
    vanishing = [Client(port, f"{wave}-vanisher-{number}") for number in range(VANISHERS)]
    talking = [Client(port, f"{wave}-talker-{number}") for number in range(talkers)]
    evening.vanished += vanishing
    evening.left += talking
    for client in vanishing:
        client.say(FEW)
    vanishing[0].vanish()

    def talk(client: Client) -> None:
        client.say(messages)
        client.leave()

    def stall_and_vanish(client: Client) -> None:
        evening.room.held_up.wait()
        client.vanish()

    stalling = [start(partial(stall_and_vanish, each), each.name) for each in vanishing[1:]]
    threads = [start(partial(talk, each), f"{each.name} talks") for each in talking]
    threads += [start(each.hear_all, f"{each.name} hears") for each in talking]
    for thread in threads:
        thread.join()
    evening.room.held_up.set()  # should there have been too little to say
    for thread in stalling:
        thread.join()


def main() -> int:
    """Run the example; return the exit status."""
    parser = argparse.ArgumentParser(description="Talk in a room over TCP.")
    parser.add_argument("--talkers", type=int, default=6, help="clients that talk, in each wave")
    parser.add_argument("--messages", type=int, default=100, help="messages that each of them says")
    parser.add_argument("--waves", type=int, default=3, help="how often clients come")
    options = parser.parse_args()

    began = time.perf_counter()
    evening = spend(options.talkers, options.messages, options.waves)
    seconds, room = time.perf_counter() - began, evening.room
    discarded = sum(member.discarded for member in room.met)
    print(f"clients   {len(room.met)}, {len(evening.vanished)} of them vanished")
    print(f"said      {room.said} messages in {seconds:.2f} s")
    print(f"told      {room.owed}, {discarded} of them to those who were gone")
    print(f"held up   {room.times_held_up} times by one who did not read")
    problems = evening.problems()
    for problem in problems:
        print(f"chat_room: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"chat_room: OK, {room.said} messages, each told once to all who were there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
