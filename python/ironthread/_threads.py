"""`Thread`: the standard class, with its beginning, its end and the waits for both at our door.

The class is a subclass of the standard one and leaves CPython's bootstrap alone: the interpreter
goes on starting the operating system's thread, keeping its state, registering it and ending it,
so that `threading.enumerate()`, debuggers, `faulthandler`, fork hooks and the end of the
interpreter see what they always saw. No frame of ours lies below the program's code in the new
thread. What differs:

- `start()` and `join()` wait at the door: the wait is observed, and a join is an edge of the
  wait-for graph.
- The operating system's thread carries the name, as CPython 3.14 does it on its own.

A thread has ended for `join()` when the operating system's thread is being torn down: its Python
thread state and its `threading.local` values are gone then, as in the standard library.

`install()` and `uninstall()` may change the class of a thread between any two steps of these
methods (see `ironthread._heirs`). So they call the standard ones by name, where `super()` would
look whether the class still fits, and believe in a life only when the thread itself has begun it.
"""

from __future__ import annotations

import _thread
import sys
import threading

from ironthread import _core
from ironthread._pose import pose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The interpreter's own part of threading, which has no types.
_standard: Any = threading

# Taken before `install()` puts ours there.
StandardThread = threading.Thread
# The same, of whose inside there are no types.
_StandardThread: Any = StandardThread

# CPython 3.14 and later name the operating system's thread themselves.
_NAMED_BY_PYTHON = hasattr(_thread, "set_name")

# What the interpreter knows of a thread, from 3.13 on; until then it has a lock for each.
HAS_HANDLE = hasattr(threading, "_start_joinable_thread")

# Where the standard class has that.
HANDLE = "_os_thread_handle" if hasattr(threading.main_thread(), "_os_thread_handle") else "_handle"

# The attribute by which the standard class knows that a thread has ended, and its value then.
ENDED: tuple[str, Any]
if HAS_HANDLE:
    # The one that a thread is made with cannot be done without having been started.
    _done = _standard._make_thread_handle(threading.get_ident())
    _done._set_done()
    ENDED = (HANDLE, _done)
else:
    ENDED = ("_is_stopped", True)


class Thread(StandardThread):
    """A thread of control. Follows https://docs.python.org/3/library/threading.html#thread-objects."""

    if TYPE_CHECKING:  # what the standard class has, and its stubs do not tell
        _initialized: bool
        _started: _core.Event
        _name: str
        _ident: int | None
        _is_stopped: bool
        _daemonic: bool
        _bootstrap: Any
        _invoke_excepthook: Any
        _set_native_id: Any
        _tstate_lock: Any

    # Made by start(), and taken over by the thread as it begins, if it is of our class then.
    _life_to_begin: _core.Life | None = None
    # That which has begun, or is sure to. None before, and for threads that somebody else started.
    _life: _core.Life | None = None

    def start(self) -> None:
        """Start the thread's activity, and come back when it has begun.

        Raises RuntimeError when it was started before, or when there can be no more threads.
        """
        claim = object()
        try:
            claim_start(self, claim)
            if self._initialized and not self._started.is_set():
                self._life_to_begin = _core.Life()
                self._started = _core.start_event()
            StandardThread.start(self)
        finally:
            drop_claim(self, claim)

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended, at most `timeout` seconds (None: without limit).

        Raises RuntimeError for the calling thread itself and for one that was not started,
        OverflowError for a timeout above `threading.TIMEOUT_MAX`, and from Python 3.14 on
        PythonFinalizationError when the interpreter is on its way out: other threads stand still.
        """
        # In this order: what has begun without a life will not have one.
        life = _life_of(self) if self._initialized and self._started.is_set() else None
        if life is not None and self is not threading.current_thread():
            if sys.version_info >= (3, 14) and sys.is_finalizing() and not life.is_over():
                # A builtin from 3.13 on.
                raise PythonFinalizationError(  # noqa: F821
                    "cannot join thread at interpreter shutdown"
                )
            if not life.join(timeout):
                return
            if not HAS_HANDLE:
                if not self._is_stopped:
                    self._stop()
                return
            # The system is about to be asked to wait for that, and would have us sleep.
            life.look_until_gone()
            timeout = None  # over: what the interpreter keeps of it is freed in no time
        StandardThread.join(self, timeout)

    if TYPE_CHECKING:
        # As the standard class has it: a checker takes the setter below for a method.
        name: str
    else:

        @StandardThread.name.setter
        def name(self, name: str) -> None:
            """A name for people to read; threads may share one. A new one shows everywhere."""
            StandardThread.name.fset(self, name)
            life = _life_of(self)
            if life is not None:
                life.rename(self._name)
            if not _NAMED_BY_PYTHON and self._ident == threading.get_ident():
                _show_name(self)

    def _set_ident(self) -> None:
        # The first thing that the bootstrap does in the new thread.
        _StandardThread._set_ident(self)
        # Who is started again has the life before, too; a timer that was pending has begun its own.
        life = getattr(self, "_life_to_begin", None) or _life_of(self)
        if life is None:
            _core.thread_named(self._name)
            return
        life.begin(self._name, not _NAMED_BY_PYTHON)
        self._life = life
        self._life_to_begin = None

    if not HAS_HANDLE:
        # The interpreter holds a lock for as long as the thread lives. The standard methods look
        # by taking it, and trip over others that look in the same moment: `is_alive()` of a thread
        # that has ended says True, `_stop()` fails because the lock is held, and what cleans up
        # after that releases it for another. Ours never take it.

        def _wait_for_tstate_lock(self, block: bool = True, timeout: float = -1) -> None:
            life, lock = _life_of(self), self._tstate_lock
            if life is None:
                _StandardThread._wait_for_tstate_lock(self, block, timeout)
            elif lock is not None and (life.is_over() or not lock.locked()):
                self._stop()

        def _stop(self) -> None:
            lock = self._tstate_lock
            self._is_stopped = True
            self._tstate_lock = None
            if not self._daemonic:
                # This one only: to look at all of them takes a time that grows with their number.
                with _standard._shutdown_locks_lock:
                    _standard._shutdown_locks.discard(lock)

    # After a fork `threading` walks through all threads in the child, in one way or the other.

    if hasattr(StandardThread, "_reset_internal_locks"):  # until 3.12

        def _reset_internal_locks(self, is_alive: bool) -> None:
            _StandardThread._reset_internal_locks(self, is_alive)
            if not is_alive:
                self._left_behind()

    else:

        def _after_fork(self, new_ident: int | None = None) -> None:
            _StandardThread._after_fork(self, new_ident=new_ident)
            if new_ident is None:
                self._left_behind()

    def _left_behind(self) -> None:
        """The thread does not exist in this forked child."""
        if self._life is not None:
            self._life.end()
        if self._started.is_set():
            # Nothing is to be freed of it here, and who was about to free it in the parent may not
            # exist: the interpreter would wait for that for ever, in `join()` or `is_alive()`.
            setattr(self, *ENDED)


def claim_start(thread: Thread, claim: object) -> None:
    """Have the caller be the one that starts it now: two may try at once.

    Raises RuntimeError for the other. Whether it was started before is to be asked afterwards.
    """
    if thread.__dict__.setdefault("_starting", claim) is not claim:
        raise RuntimeError("threads can only be started once")


def drop_claim(thread: Thread, claim: object) -> None:
    """The start is over, if it was by this claim."""
    if thread.__dict__.get("_starting") is claim:
        del thread.__dict__["_starting"]


def _life_of(thread: Thread) -> _core.Life | None:
    return getattr(thread, "_life", None)  # it may be of another class by now


def _show_name(thread: Thread) -> None:
    # The main thread's name is that of the process, which people and scripts look for.
    if thread is not threading.main_thread():
        _core.name_os_thread(thread._name)


pose(Thread, StandardThread)
