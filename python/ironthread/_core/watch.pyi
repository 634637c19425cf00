from typing import TypedDict

class _Tally(TypedDict):
    count: int
    # Seconds.
    total: float
    longest: float

class _Times(_Tally):
    p50: float
    p95: float
    p99: float

class _KindTally(_Tally):
    # Of the total, how long the thread was awake and waited for the GIL.
    gil: float

class _WaitRow(_Times):
    kind: str
    origin: tuple[str, int] | None
    objects: int
    # For how long at least one thread waited.
    occupied: float

class _BlockerRow(_Tally):
    # The id of the thread; None for all that are not told apart.
    thread: int | None

class _LockRow(TypedDict):
    kind: str
    origin: tuple[str, int] | None
    objects: int
    acquired: int
    contended: int
    # The holds that were timed.
    held: _Times
    # Who held the locks when others came to wait.
    blockers: list[_BlockerRow]

class _TakerRow(TypedDict):
    # The id of the thread; None for all that are not told apart.
    thread: int | None
    # By samples.
    items: int

class _QueueRow(TypedDict):
    origin: tuple[str, int] | None
    objects: int
    puts: int
    gets: int
    deepest: int
    typical: int
    full: float
    empty: float
    # Who took the items.
    takers: list[_TakerRow]

class _PoolRow(TypedDict):
    name: str
    origin: tuple[str, int] | None
    pools: int
    workers: int
    submitted: int
    failed: int
    cancelled: int
    deepest: int
    typical: int
    queued: _Times
    ran: _Times
    busy: float
    capacity: float
    active: float
    saturated: float
    saturated_longest: float
    saturated_waiting: int

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
    # The line that started it.
    origin: tuple[str, int] | None
    # Seconds of processor time.
    cpu: float | None
    waited: dict[str, _KindTally]
    # Seconds elsewhere than in waits of ours with the GIL, and waiting for it, as sampled.
    gil_held: float
    gil_waited: float
    # Seconds that it waited for somebody to connect, as sampled.
    accepting: float
    overtaken: int
    waiting: _HeldRow | None

class _EndedRow(TypedDict):
    count: int
    # The most threads that were alive at one time while these were.
    peak: int
    lived: float
    cpu: float
    waited: dict[str, _KindTally]
    gil_waited: float
    overtaken: int

class _GilRow(TypedDict):
    looks: int
    # Seconds that the looks stand for; of these: somebody had the GIL; and somebody waited for it.
    observed: float
    held: float
    contended: float
    # The seconds that all threads together waited.
    waited: float
    # Of the seconds in which somebody had it and somebody waited: a thread slept for a lock of the
    # program's; the machine had processors for all, and the processor time that the program used.
    blocked: float
    undisturbed: float
    computed: float

class _ProcessorsRow(TypedDict):
    available: int
    # Seconds that the looks stand for; of these: more threads could run than there are processors.
    observed: float
    crowded: float
    stretched: float
    # The seconds that all threads together could run.
    runnable: float

class _Snapshot(TypedDict):
    waits: list[_WaitRow]
    locks: list[_LockRow]
    queues: list[_QueueRow]
    pools: list[_PoolRow]
    threads: list[_ThreadRow]
    # Of the threads that have ended, all but the last.
    ended: _EndedRow
    # None where the GIL was not looked at.
    gil: _GilRow | None
    # None where nobody looked.
    processors: _ProcessorsRow | None
    elapsed: float

def watch_is_on() -> bool: ...
def watch_start() -> None: ...
def watch_stop() -> None: ...
def watch_snapshot() -> _Snapshot: ...
