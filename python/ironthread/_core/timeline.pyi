from typing import TypedDict

# Begin, end, and how much of the end the thread was awake and waited for the GIL; the kind of thing
# waited for, the line that made it, the id of the thread that had to end the wait when it began.
# Seconds; points in time since watch_start().
_Interval = tuple[float, float, float, str, tuple[str, int] | None, int | None]

class _Line(TypedDict):
    # In the order in which they began. A wait that goes on ends now, with who has to end it now.
    # What a signal handler waited for during a wait lies within that.
    intervals: list[_Interval]
    # Waits that are over and were shorter than the resolution.
    omitted: int
    omitted_seconds: float

class _Timeline(TypedDict):
    # Seconds; 0.0 when all are kept.
    resolution: float
    # Those of threads that ended long ago, and are not in the list, included.
    omitted: int
    # By the id of the thread.
    threads: dict[int, _Line]

def timeline_start(limit: int = ...) -> None: ...
def timeline_stop() -> None: ...
def timeline_snapshot() -> _Timeline: ...
