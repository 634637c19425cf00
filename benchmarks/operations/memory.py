"""The memory of one object, in bytes: by what a process of its own grows."""

from __future__ import annotations

from pathlib import Path

from measure.footprint import Footprint
from measure.operation import Operation

GROUP = "Memory"

OBJECTS = {
    "Lock()": "threading",
    "RLock()": "threading",
    "Condition()": "threading",
    "Event()": "threading",
    "Queue()": "queue",
    "SimpleQueue()": "queue",
}

# Only Linux tells in this way what is resident.
OPERATIONS: tuple[Operation, ...] = (
    tuple(Footprint(GROUP, name, module) for name, module in OBJECTS.items())
    if Path("/proc/self/statm").exists()
    else ()
)
