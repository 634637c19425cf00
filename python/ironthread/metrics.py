"""Serves what the program's threads wait for as metrics, for Prometheus and what reads its format.

A thread of the engine answers, without the interpreter: while a C call keeps it, and while
everything is deadlocked. `docs/metrics.md` lists the metrics. Linux only.
"""

from __future__ import annotations

import atexit
import os
import socket

from ironthread import _core, _recording

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["MetricsServer", "serve_metrics"]


class MetricsServer:
    """Serves metrics until it is closed, or the program ends. A forked child has none of it."""

    def __init__(self, host: str, port: int) -> None:
        self._process = os.getpid()
        self._is_open = False
        self._closing = _core.RLock()
        self._port = _core.serve_expose(host, port)
        self._is_open = True
        _recording.need(self)
        # Registered early it comes late: what hangs at the end is seen.
        atexit.register(self.close)

    @property
    def port(self) -> int:
        """The port that it serves at."""
        return self._port

    def close(self) -> None:
        """Serve no more, and end the recording if it began with this. Twice is as good as once."""
        with self._closing:
            if not self._is_open:
                return
            self._is_open = False
        atexit.unregister(self.close)
        if self._process == os.getpid():
            _core.serve_conceal()
            _recording.need_no_more(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve_metrics(port: int = 9464, host: str = "127.0.0.1") -> MetricsServer:
    """Serve metrics at `http://host:port/metrics` from now on. Port 0 is any that is free.

    Whoever can connect can read them: files and lines of the program, names of pools. Only this
    machine can by default. Records what threads do, if nothing does so yet: things made from now on
    are told by the line that made them, so call it early.

    A process serves metrics at one address at a time. Raises OSError when the address cannot be had
    (FileExistsError when metrics are served already), and NotImplementedError on other systems
    than Linux.
    """
    if not hasattr(_core, "serve_expose"):
        raise NotImplementedError("ironthread serves metrics on Linux")
    if not 0 <= port <= 65535:
        raise OverflowError("port must be 0-65535.")  # what a socket says
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return MetricsServer(str(found[0][4][0]), port)
