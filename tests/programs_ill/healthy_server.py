"""A server as the standard library has it: one thread accepts, one answers each connection."""

import socket
import socketserver
import threading
import time


class Echo(socketserver.BaseRequestHandler):
    """Say what was said, as long as the peer stays."""

    def handle(self) -> None:
        """Answer."""
        while said := self.request.recv(10):
            self.request.send(said)


server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
address = server.socket.getsockname()
serving = threading.Thread(target=server.serve_forever, args=(0.05,))
serving.start()


def visit() -> None:
    """Stay for a while, and say little."""
    visitors = [socket.create_connection(address) for _ in range(4)]
    for visitor in visitors * 3:
        time.sleep(0.04)
        visitor.send(b"hello")
        visitor.recv(10)
    for visitor in visitors:
        visitor.close()
    server.shutdown()


threading.Thread(target=visit, daemon=True).start()
serving.join()
server.server_close()
