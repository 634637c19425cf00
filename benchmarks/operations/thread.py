"""``threading.Thread``: from the start of a thread to its end."""

from __future__ import annotations

from measure.loop import Loop
from measure.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    Loop(
        "Thread",
        "start + join",
        "thread = Thread(target=nothing)\nthread.start()\nthread.join()",
        "Thread = threading.Thread\nnothing = lambda: None",
    ),
)
