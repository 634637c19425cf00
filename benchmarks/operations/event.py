"""``threading.Event`` in one thread."""

from __future__ import annotations

from measure.loop import Loop
from measure.operation import Operation

GROUP = "Event"
CLEAR = "event = threading.Event()"
SET = "event = threading.Event()\nevent.set()"

OPERATIONS: tuple[Operation, ...] = (
    Loop(GROUP, "set + clear", "event.set()\nevent.clear()", CLEAR),
    Loop(GROUP, "set + is_set + clear", "event.set()\nevent.is_set()\nevent.clear()", CLEAR),
    Loop(GROUP, "is_set", "event.is_set()", CLEAR),
    Loop(GROUP, "wait when set", "event.wait()", SET),
    Loop(GROUP, "wait(1) when set", "event.wait(1)", SET),
    Loop(GROUP, "wait(0) when clear", "event.wait(0)", CLEAR),
)
