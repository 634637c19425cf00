"""`ironthread.state`: where in its life a thread is, and what it is blocked on."""

from __future__ import annotations

import os
import socket
import sys
import threading as standard

import ironthread
import pytest
from crew import until, until_asleep
from ironthread import Phase, state
from ironthread.threading import Event, Lock, Thread, Timer

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked on Linux only")


@pytest.mark.parametrize("kind", [Thread, standard.Thread])
def test_a_thread_is_new_then_blocked_then_terminated(kind: type[standard.Thread]) -> None:
    lock = Lock()
    lock.acquire()
    thread = kind(target=lock.acquire)
    assert state(thread).phase is Phase.NEW
    assert repr(state(thread)) == "ThreadState(Phase.NEW)"
    thread.start()
    until_asleep(thread, "Lock")
    blocked = state(thread)
    assert (blocked.phase, blocked.waits_for, blocked.made_at) == (Phase.BLOCKED, "Lock", None)
    assert blocked.seconds is not None
    assert 0 <= blocked.seconds < 60
    later = state(thread)
    assert later.seconds is not None
    assert later.seconds > blocked.seconds
    lock.release()
    thread.join()
    assert state(thread).phase is Phase.TERMINATED
    assert state(thread).waits_for is None


def test_the_calling_thread_runs() -> None:
    assert state(standard.current_thread()).phase is Phase.RUNNING


def test_who_joins_is_blocked_on_the_join() -> None:
    go = Event()
    worker = Thread(target=go.wait)
    worker.start()
    joiner = Thread(target=worker.join)
    joiner.start()
    until_asleep(joiner, "Thread.join")
    assert state(joiner).waits_for == "Thread.join"
    go.set()
    joiner.join()


def test_a_pending_timer_is_blocked_on_its_time() -> None:
    timer = Timer(1000, print)
    timer.start()
    pending = state(timer)
    assert (pending.phase, pending.waits_for) == (Phase.BLOCKED, "Timer")
    assert pending.seconds is not None
    assert 0 <= pending.seconds < 60
    timer.cancel()
    timer.join()
    assert state(timer).phase is Phase.TERMINATED


@linux
def test_who_waits_for_the_network_is_blocked_on_a_system_call() -> None:
    near, far = socket.socketpair()
    thread = Thread(target=near.recv, args=(1,))
    thread.start()
    until(lambda: state(thread).phase is Phase.BLOCKED)
    assert (state(thread).waits_for, state(thread).seconds) == ("system call", None)
    far.send(b"x")
    thread.join()
    near.close()
    far.close()


@linux
def test_who_computes_is_runnable_or_running() -> None:
    go = Event()

    def compute() -> None:
        while not go.is_set():
            pass

    thread = Thread(target=compute)
    thread.start()
    assert {state(thread).phase for _ in range(50)} <= {Phase.RUNNABLE, Phase.RUNNING}
    go.set()
    thread.join()


def test_only_threads_have_a_state() -> None:
    with pytest.raises(TypeError, match=r"a threading.Thread is needed, not 'int'"):
        state(os.getpid())  # type: ignore[arg-type]


def test_it_is_exported() -> None:
    assert {"Phase", "ThreadState", "state"} <= set(ironthread.__all__)
    assert {"Phase", "ThreadState", "state"} <= set(dir(ironthread))
