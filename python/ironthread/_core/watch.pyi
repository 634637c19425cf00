from typing import TypedDict

class _Tally(TypedDict):
    count: int
    # Seconds.
    total: float
    longest: float

class _WaitRow(_Tally):
    kind: str
    origin: tuple[str, int] | None
    objects: int

class _WaitingRow(TypedDict):
    kind: str
    origin: tuple[str, int] | None
    since: float

class _HeldRow(_WaitingRow):
    # The id of the thread that holds the lock waited for; None where that is no lock, or nobody.
    holder: int | None

class _ThreadRow(TypedDict):
    id: int
    ident: int
    native_id: int | None
    name: str | None
    alive: bool
    # Seconds since watch_start().
    started: float
    ended: float | None
    # Seconds of processor time.
    cpu: float | None
    waited: dict[str, _Tally]
    waiting: _HeldRow | None

class _Snapshot(TypedDict):
    waits: list[_WaitRow]
    threads: list[_ThreadRow]
    elapsed: float

def watch_is_on() -> bool: ...
def watch_start() -> None: ...
def watch_stop() -> None: ...
def watch_snapshot() -> _Snapshot: ...
