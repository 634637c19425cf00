"""A server whose threads all wait for somebody to connect, and which the program waits for."""

import socket
import threading
import time

listener = socket.create_server(("127.0.0.1", 0))
address = listener.getsockname()


def serve() -> None:
    """Answer until told to stop."""
    while True:
        connection, _ = listener.accept()
        with connection:
            if connection.recv(1) == b".":
                return
            connection.send(b"!")


def ask(request: bytes) -> None:
    """Come, and go."""
    with socket.create_connection(address) as connection:
        connection.send(request)
        connection.recv(1)


def visit() -> None:
    """Come now and then, and have all of them stop."""
    for _ in range(10):
        time.sleep(0.05)
        ask(b"?")
    for _ in threads:
        ask(b".")


threads = [threading.Thread(target=serve) for _ in range(4)]
for thread in threads:
    thread.start()
threading.Thread(target=visit, daemon=True).start()
for thread in threads:
    thread.join()
