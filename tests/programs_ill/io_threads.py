"""Plain threads that read from a server that takes its time."""

import socket
import threading
import time


def serve(connection: socket.socket) -> None:
    """Answer each request after a while."""
    while connection.recv(1):
        time.sleep(0.02)
        connection.send(b"!")


def fetch(connection: socket.socket) -> None:
    """Ask, and wait for the answer."""
    with connection:
        for _ in range(20):
            connection.send(b"?")
            connection.recv(1)


pairs = [socket.socketpair() for _ in range(4)]
for server, _ in pairs:
    threading.Thread(target=serve, args=(server,), daemon=True).start()
threads = [threading.Thread(target=fetch, args=(client,)) for _, client in pairs]
for thread in threads:
    thread.start()  # the line
for thread in threads:
    thread.join()
