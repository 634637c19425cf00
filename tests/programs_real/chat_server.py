"""A chat: whatever one client says, every client is told. Ended by SIGTERM, it says goodbye to all."""

import signal
import socketserver
import sys
import threading


class Room:
    """The clients that are here. Each is told everything in the same order."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._clients: dict[str, Client] = {}
        self.empty = threading.Condition(self._lock)
        self.lines = 0

    def enter(self, client: "Client") -> bool:
        with self._lock:
            if client.name in self._clients:
                return False
            self._clients[client.name] = client
            self.tell(f"* {client.name} is here")
            return True

    def leave(self, client: "Client") -> None:
        with self._lock:
            del self._clients[client.name]
            self.tell(f"* {client.name} left")
            if not self._clients:
                self.empty.notify_all()

    def say(self, client: "Client", text: str) -> None:
        with self._lock:
            self.lines += 1
            self.tell(f"{client.name}: {text}")

    def tell(self, line: str) -> None:
        with self._lock:
            for client in self._clients.values():
                client.wfile.write(f"{line}\n".encode())

    def wait_until_empty(self) -> None:
        with self.empty:
            self.empty.wait_for(lambda: not self._clients)


class Client(socketserver.StreamRequestHandler):
    """One client: its first line is its name."""

    def handle(self) -> None:
        room = self.server.room  # type: ignore[attr-defined]
        self.name = self.rfile.readline().decode().strip()
        threading.current_thread().name = f"chat {self.name}"
        if not room.enter(self):
            self.wfile.write(b"* that name is taken\n")
            return
        try:
            for line in self.rfile:
                text = line.decode().strip()
                if text == "/quit":
                    break
                room.say(self, text)
        finally:
            room.leave(self)


class Server(socketserver.ThreadingTCPServer):
    """The server; it waits for the threads of its clients when it closes."""

    allow_reuse_address = True
    room = Room()


def main() -> int:
    closing = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: closing.set())
    with Server(("127.0.0.1", 0), Client) as server:
        serving = threading.Thread(target=server.serve_forever, args=[0.02], name="serving")
        serving.start()
        print("port", server.server_address[1])
        while not closing.wait(0.2):  # CPython misses a signal that comes just before it sleeps
            pass
        server.shutdown()
        serving.join()
        server.room.tell("* goodbye")
        server.room.wait_until_empty()
    print("lines said:", server.room.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
