"""Fetching the metrics of a running program, and reading them as Prometheus does."""

from __future__ import annotations

import http.client
import socket

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from python_process import PATIENCE

SERVE = """
    import ironthread
    server = ironthread.serve_metrics(0)
    print(server.port, flush=True)
"""


def fetch(port: int, method: str = "GET", path: str = "/metrics") -> http.client.HTTPResponse:
    """The answer, whose body can be read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request(method, path)
    return connection.getresponse()


def page(port: int) -> str:
    """What is served at /metrics."""
    with fetch(port) as answer:
        assert answer.status == 200
        return answer.read().decode()


def families(text: str) -> dict[str, Metric]:
    """The families of a page by name."""
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(text: str, name: str, **labels: str) -> float:
    """The value of the only sample of that name which has these labels."""
    (found,) = (
        sample.value
        for family in families(text).values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )
    return found


def raw(port: int, request: bytes) -> bytes:
    """All that comes back for these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        pieces = []
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
        return b"".join(pieces)
