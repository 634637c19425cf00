"""The group `core`: CPython's tests of `threading`, `_thread` and `queue` themselves.

Every class gets a process of its own. Where a class is about a type, that type has to be
ironthread's, or its tests fail whatever they find.
"""

from .suite import LEANS, Suite

CORE = (
    Suite(
        "lock_tests",
        "the primitives, as ironthread.threading has them",
        subjects={},
        bindings={
            "LockTests": ("locktype", "Lock"),
            "RLockTests": ("locktype", "RLock"),
            "EventTests": ("eventtype", "Event"),
            "ConditionTests": ("condtype", "Condition"),
            "SemaphoreTests": ("semtype", "Semaphore"),
            "BoundedSemaphoreTests": ("semtype", "BoundedSemaphore"),
            "BarrierTests": ("barriertype", "Barrier"),
        },
        class_by_class=True,
    ),
    Suite(
        "test_threading",
        "threading",
        subjects={
            "PyRLockTests": LEANS,  # the standard library's Python class, on our locks
            "TimerTests": ("threading.Timer", "threading.Thread"),
            "*Thread*": ("threading.Thread",),
            "ExceptHookTests": ("threading.Thread",),
            "InterruptMainTests": ("threading.Thread",),
            "AtexitTests": ("threading.Thread",),
            "MiscTestCase": ("threading.Thread",),
        },
        aliases={"CRLockTests.locktype": "threading.RLock"},
        class_by_class=True,
    ),
    Suite("test_threading_local", "threading.local", class_by_class=True),
    Suite(
        "test_queue",
        "queue",
        subjects={"Py*": LEANS},  # queue.py without its C accelerator, on our conditions
        class_by_class=True,
    ),
    Suite(
        "test_thread",
        "_thread, whose locks are threading's",
        subjects={"*": ("thread.allocate_lock",)},
        low_level=True,
        class_by_class=True,
    ),
    Suite(
        "test_threadsignals",
        "signals that arrive in a wait for a lock",
        subjects={"*": ("thread.allocate_lock", "thread.RLock")},
        low_level=True,
        class_by_class=True,
    ),
)
