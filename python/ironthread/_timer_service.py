"""The threads that wait for pending timers: one for all, two where some are daemons and some not.

A service exists while timers of its kind are pending. Like the timers it serves, it is a daemon,
or a thread that the program waits for at its end. It is a thread of the interpreter without a
`threading.Thread`: programs that list or count their threads do not find one they did not start.
"""

from __future__ import annotations

import _thread
import os
import threading

from ironthread import _core, _late_threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Due(Protocol):
        """What can stand on the agenda: a timer, or the deadline of a call."""

        def _fire(self) -> None: ...

        # Tells of what `_fire()` raised; it is given the item itself.
        def _invoke_excepthook(self, _: Any, /) -> None: ...


# The interpreter's own part of threading, which has no types.
_standard: Any = threading
_threads: Any = _thread

_NAME = "ironthread-timers"


class Service:
    """The pending timers of one kind, and the thread that waits for them."""

    def __init__(self, daemon: bool) -> None:
        self._daemon = daemon
        self.after_fork()

    def after_fork(self) -> None:
        """A forked child has none of the threads that were to come."""
        self.agenda = _core.Agenda()
        # Held while the thread is started: a timer that relies on it must not be left alone when
        # that fails. And while classes go back: see `_heirs`. Reentrant, for a signal handler that
        # starts a timer meanwhile.
        self.starting = _core.RLock()

    def add(self, seconds: float, timer: Due, added: list[tuple[_core.AgendaKey, bool]]) -> None:
        """Have `timer` fire in so many seconds, and note what the agenda says to it.

        Raises RuntimeError when there can be no more threads, and whatever a signal handler raises.
        However it ends, the timer is on the agenda if that is noted. It is not when its class has
        become another one, which knows no agenda.
        """
        # That something is done, and that it is noted, is one for a signal handler: C calls C.
        # On 3.14 a handler that raises as a `with` begins leaves it held for good.
        threads: list[object] = []
        held: list[bool] = []
        try:
            held.extend(map(self.starting.acquire, (True,)))
            if not hasattr(timer, "_fire"):
                return
            self.agenda.add(seconds, timer, added)
            if added[0][1]:
                _start(self._serve, self._daemon, threads)
        except BaseException:
            if added and added[0][1] and not threads:
                self.agenda.not_served()
                self.agenda.remove(added.pop()[0])
            raise
        finally:
            if held:
                self.starting.release()

    def _serve(self) -> None:
        _core.thread_helps(_NAME)
        _core.name_os_thread(_NAME)
        agenda = self.agenda
        while (due := agenda.next()) is not None:
            while due:  # one by one, so that what is done with is kept by nobody
                _fire(due.pop(0))


def _fire(timer: Due) -> None:
    try:
        timer._fire()
    except BaseException:  # the other timers are to have their turn
        timer._invoke_excepthook(timer)


if hasattr(_thread, "start_joinable_thread"):  # 3.13 and later

    def _start(serve: Any, daemon: bool, threads: list[object]) -> None:
        threads.extend(map(_threads.start_joinable_thread, (serve,), (None,), (daemon,)))

else:

    def _start(serve: Any, daemon: bool, threads: list[object]) -> None:
        ready = _core.start_event()
        arguments = (serve, daemon, ready)
        try:
            threads.extend(map(_thread.start_new_thread, (_bootstrap,), (arguments,)))
        except RuntimeError as error:
            if not _late_threads.is_early(error):
                raise
            if not _late_threads.start(lambda: _bootstrap(*arguments), ready):
                raise
            threads.append(ready)
        ready.wait()

    def _bootstrap(serve: Any, daemon: bool, ready: _core.Event) -> None:
        if not daemon:
            # What `Thread` does in its bootstrap: the lock is released when the thread has ended.
            ended = _threads._set_sentinel()
            ended.acquire()
            with _standard._shutdown_locks_lock:
                _standard._maintain_shutdown_locks()
                _standard._shutdown_locks.add(ended)
        ready.set()
        serve()


SERVICES = {daemon: Service(daemon) for daemon in (False, True)}
"""By whether the timers are daemons."""


def _after_fork() -> None:
    for service in SERVICES.values():
        service.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
