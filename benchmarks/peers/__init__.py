"""Other packages with primitives, queues or pools for threads, each as a side of the operations."""

from __future__ import annotations

from . import aiologic, culsans, gevent, joblib, pebble
from .peer import Peer

PEERS: tuple[Peer, ...] = (
    gevent.PEER,
    aiologic.PEER,
    culsans.PEER,
    pebble.PEER,
    joblib.PEER,
)
