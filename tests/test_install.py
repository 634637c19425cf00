"""`install()` and `uninstall()`: everything in the standard library gets ours, and back exactly.

Each test runs in a process of its own, because what is exchanged is the process's.
"""

from __future__ import annotations

import json
import os
import sys

import pytest
from ironthread._places import standard_modules
from programs import run_program
from python_process import python

# Tells what everything is that the standard library holds, by the name it has in a process without
# us. Written without the search that `install()` uses, which is on trial here.
INVENTORY = """
import importlib, json, sys, types, warnings
import _queue, _thread, queue, threading

SOURCES = (_thread, _queue, threading, queue)
NAMES = [module.__name__ for module in SOURCES]
KEPT = [dict(vars(module)) for module in SOURCES]  # so that no identity is used twice
STOCK = {}
for module, kept in zip(SOURCES, KEPT):
    for name, value in sorted(kept.items()):
        if callable(value) and not name.startswith("__"):
            STOCK.setdefault(id(value), f"{module.__name__}.{name}")

def inventory():
    found = {}
    def look(where, value, depth):
        if id(value) in STOCK:
            found[where] = STOCK[id(value)]
        elif isinstance(value, type) and value.__module__ in NAMES:
            found[where] = "not stock: " + value.__qualname__
        elif depth and isinstance(value, (dict, types.MappingProxyType)):
            for key, inner in list(value.items()):
                look(f"{where}[{key!r}]", inner, depth - 1)
        elif depth and isinstance(value, (tuple, list)):
            for index, inner in enumerate(value):
                look(f"{where}[{index}]", inner, depth - 1)
        elif depth > 2 and isinstance(value, type):
            look(where, vars(value), depth - 1)
    for name, module in sys.modules.copy().items():
        if name.partition(".")[0] in sys.stdlib_module_names:
            for key, value in list(vars(module).items()):
                if not key.startswith("__"):
                    look(f"{name}.{key}", value, 4)
    return found

def load():
    warnings.simplefilter("ignore")
    with_effects = {"antigravity", "idlelib", "this", "turtledemo"}
    inner = {
        "concurrent.futures.process", "concurrent.futures.thread", "logging.config",
        "logging.handlers", "multiprocessing.dummy.connection", "multiprocessing.forkserver",
        "multiprocessing.managers", "multiprocessing.pool", "multiprocessing.resource_sharer",
        "multiprocessing.synchronize", "unittest.mock", "wsgiref.simple_server", "xmlrpc.server",
    }
    for name in sorted(sys.stdlib_module_names - with_effects | inner):
        try:
            importlib.import_module(name)
        except ImportError:
            pass
"""


def test_ours_are_in_every_place_of_the_loaded_standard_library() -> None:
    found = json.loads(
        python(
            """
            load()
            before = inventory()
            import ironthread
            ironthread.install()
            after = inventory()
            print(json.dumps({where: [what, after.get(where)] for where, what in before.items()}))
            """,
            before=INVENTORY,
        )
    )
    exchanged = {
        *("_thread.allocate", "_thread.allocate_lock", "_thread.LockType", "_thread.lock"),
        *("_thread.RLock", "threading.RLock", "threading.Condition", "threading.Semaphore"),
        *("threading.BoundedSemaphore", "threading.Event", "threading.Barrier"),
        *("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "_queue.SimpleQueue"),
    }
    kept = {where: after for where, (before, after) in found.items() if before in exchanged}
    stock = {where for where, after in kept.items() if after and not after.startswith("not stock")}
    assert not stock
    for where in (
        *(
            "functools.RLock",
            "tempfile._allocate_lock",
            "_pyio.Lock",
            "multiprocessing.dummy.Event",
        ),
        *("unittest.mock.RLock", "multiprocessing.managers.SyncManager['_registry']['Lock'][0]"),
        *("_strptime._thread_allocate_lock", "queue.SimpleQueue", "threading._CRLock"),
    ):
        assert where in kept


def test_what_is_not_exchanged_is_the_same_object_as_before() -> None:
    found = json.loads(
        python(
            """
            load()
            before = inventory()
            import ironthread
            ironthread.install()
            after = inventory()
            print(json.dumps([what for where, what in before.items() if after.get(where) == what]))
            """,
            before=INVENTORY,
        )
    )
    assert {
        *("threading.current_thread", "_thread._local", "threading.BrokenBarrierError"),
        *("_queue.Empty", "queue.Full", "queue._PySimpleQueue", "threading._PyRLock"),
    } <= set(found)


@pytest.mark.parametrize("order", ["load, install, uninstall", "install, load, uninstall"])
def test_uninstall_leaves_the_standard_library_as_if_it_had_never_been(order: str) -> None:
    untouched = json.loads(python("load(); print(json.dumps(inventory()))", before=INVENTORY))
    steps = "; ".join(f"{step}()" for step in order.split(", "))
    code = f"from ironthread import install, uninstall; {steps}; print(json.dumps(inventory()))"
    found = json.loads(python(code, before=INVENTORY))
    assert found == untouched


def test_names_and_registries_come_back_by_identity() -> None:
    python(
        """
        load()
        stock = [vars(module).copy() for module in (_thread, _queue, threading, queue)]
        import ironthread
        for turn in range(3):
            ironthread.install()
            ironthread.uninstall()
        for old, module in zip(stock, (_thread, _queue, threading, queue)):
            assert vars(module).keys() == old.keys(), vars(module).keys() ^ old.keys()
            assert all(vars(module)[name] is value for name, value in old.items())
        """,
        before=INVENTORY,
    )


def test_install_and_uninstall_may_be_repeated() -> None:
    python(
        """
        import threading
        stock = [threading.Event, threading.Thread]
        import ironthread
        ironthread.uninstall()
        ironthread.install()
        ironthread.install()
        assert threading.Event is ironthread.Event
        ironthread.uninstall()
        assert [threading.Event, threading.Thread] == stock
        ironthread.uninstall()
        assert [threading.Event, threading.Thread] == stock
        """
    )


def test_many_threads_may_install_at_once() -> None:
    python(
        """
        import queue, sys, threading
        import ironthread
        sys.setswitchinterval(1e-6)
        stock = [queue.Queue]
        threads = [threading.Thread(target=ironthread.install) for _ in range(20)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert queue.Queue is ironthread.Queue
        ironthread.uninstall()
        assert queue.Queue is stock[0]
        """
    )


def test_nothing_heavy_is_imported() -> None:
    python(
        """
        import sys
        import queue, threading
        before = set(sys.modules)
        import ironthread
        ironthread.install()
        ironthread.uninstall()
        added = {name for name in set(sys.modules) - before if not name.startswith("ironthread")}
        assert added <= {"__future__", "_contextvars", "_xxsubinterpreters", "atexit"}, added
        """,
        flags=["-S"],
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def test_a_module_of_two_names_is_searched_once() -> None:
    assert sys.modules["os.path"] is sys.modules[os.path.__name__]
    assert standard_modules().count(os.path) == 1


def test_modules_imported_later_get_ours_by_attribute() -> None:
    python(
        """
        import ironthread
        ironthread.install()
        import sys
        import logging, multiprocessing.dummy, tempfile
        assert type(logging._lock) is ironthread.RLock
        assert type(tempfile._once_lock) is ironthread.Lock
        assert multiprocessing.dummy.Event is ironthread.Event
        """
    )


def test_modules_of_the_program_keep_what_they_took() -> None:
    python(
        """
        import sys, types, warnings
        application = types.ModuleType("application")
        sys.modules["application"] = application
        exec("from threading import *; from queue import Queue as Q", vars(application))
        import ironthread
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ironthread.install()
        assert application.Event is not ironthread.Event
        assert application.Event.__init__.__globals__["__name__"] == "threading"
        event = application.Event()
        event.set()
        assert event.wait()

        [warning] = caught
        assert warning.category is ironthread.LateInstallWarning
        text = str(warning.message)
        assert "application (Barrier, BoundedSemaphore, Condition, Event, Lock, Q, RLock," in text
        assert "ironthread run" in text
        """
    )


def test_who_has_warnings_raised_has_nothing_installed_then() -> None:
    run_program("""
        import sys, threading, types, warnings
        early = types.ModuleType("early")
        early.Lock = threading.Lock
        sys.modules["early"] = early
        import ironthread
        standard = threading.Lock
        warnings.simplefilter("error")
        for attempt in (ironthread.install, ironthread.installed().__enter__):
            try: attempt()
            except ironthread.LateInstallWarning: pass
            else: raise AssertionError("it did not warn")
            assert threading.Lock is standard
    """)


def test_standard_classes_run_on_our_locks_while_installed() -> None:
    python(
        """
        import queue, threading
        stock = [queue.Queue]
        class Mine(queue.Queue): pass
        import ironthread
        ironthread.install()
        for made in (stock[0](), Mine()):
            assert type(made.mutex) is ironthread.Lock
            made.put(1)
            threading.Thread(target=made.get).start()
            threading.Thread(target=made.task_done).start()
            made.join()
        """
    )


def test_exceptions_are_the_same_objects_with_and_without() -> None:
    python(
        """
        import queue, threading
        kept = queue.Empty, queue.Full, threading.BrokenBarrierError, threading.ThreadError
        import ironthread
        ironthread.install()
        assert kept == (
            queue.Empty, queue.Full, threading.BrokenBarrierError, threading.ThreadError)
        try:
            queue.Queue().get_nowait()
        except kept[0]:
            pass
        """
    )


def test_shut_down_exists_while_installed() -> None:
    python(
        """
        import pickle, queue, sys
        had = hasattr(queue, "ShutDown")
        assert had == (sys.version_info >= (3, 13))
        import ironthread
        ironthread.install()
        assert queue.ShutDown is ironthread.ShutDown
        from queue import *
        assert ShutDown is ironthread.ShutDown
        jobs = queue.Queue()
        jobs.shutdown()
        try:
            jobs.put(1)
        except queue.ShutDown as error:
            kept = error
            assert type(pickle.loads(pickle.dumps(kept))) is queue.ShutDown
        else:
            raise AssertionError
        ironthread.uninstall()
        assert hasattr(queue, "ShutDown") == had == ("ShutDown" in queue.__all__)
        import ironthread.queue
        assert type(pickle.loads(pickle.dumps(kept))) is ironthread.queue.ShutDown
        """
    )


def test_what_somebody_else_put_over_ours_stays() -> None:
    python(
        """
        import threading
        import ironthread
        ironthread.install()
        class Other(threading.Event): pass
        threading.Event = Other
        ironthread.uninstall()
        assert threading.Event is Other
        """
    )


def test_objects_made_while_installed_go_on_working() -> None:
    python(
        """
        import queue, threading
        import ironthread
        ironthread.install()
        jobs, lock, condition = queue.Queue(), threading.Lock(), threading.Condition()
        class Later(queue.LifoQueue): pass
        ironthread.uninstall()
        for made in (jobs, Later()):
            threading.Timer(0.05, made.put, [5]).start()
            assert made.get(timeout=10) == 5
        with lock, condition:
            condition.notify_all()
        """
    )


def test_a_context_installs_and_puts_back_what_was_there_before() -> None:
    python(
        """
        import threading
        import ironthread
        stock = [threading.Thread]
        for _ in range(2):
            with ironthread.installed():
                assert threading.Thread is ironthread.Thread
                with ironthread.installed():
                    assert threading.Thread is ironthread.Thread
                assert threading.Thread is ironthread.Thread
            assert threading.Thread is stock[0]
        try:
            with ironthread.installed():
                raise KeyError
        except KeyError:
            assert threading.Thread is stock[0]
        ironthread.install()
        with ironthread.installed():
            pass
        assert threading.Thread is ironthread.Thread
        """
    )


def test_threads_and_subclasses_that_exist_become_ours_and_go_back() -> None:
    python(
        """
        import _thread, threading
        import multiprocessing.dummy
        class Mine(threading.Thread): pass
        class MyTimer(threading.Timer): pass
        go = threading.Event()
        stock = [threading.Thread]
        plain, mine = threading.Thread(target=go.wait), Mine(target=go.wait)
        plain.start(); mine.start()
        dummies = []
        begun, end = _thread.allocate_lock(), _thread.allocate_lock()
        begun.acquire(); end.acquire()
        def foreign():
            dummies.append(threading.current_thread())
            begun.release()
            end.acquire()
        _thread.start_new_thread(foreign, ())
        begun.acquire()

        import ironthread
        with ironthread.installed():
            everything = [threading.main_thread(), plain, mine, MyTimer(1, print), *dummies]
            everything.append(multiprocessing.dummy.DummyProcess())
            for thread in everything:
                assert isinstance(thread, threading.Thread), thread
            assert threading.enumerate() == [threading.main_thread(), plain, mine, *dummies]
            go.set()
            plain.join(); mine.join()
            assert not plain.is_alive() and not mine.is_alive()
            late = Mine(target=print, args=("late",))
            late.start(); late.join()
            assert late._life.is_over()
        assert type(plain) is stock[0] and Mine.__bases__ == (stock[0],)
        assert threading._MainThread.__bases__ == (stock[0],)
        assert multiprocessing.dummy.DummyProcess.__bases__ == (stock[0],)
        assert not isinstance(threading.main_thread(), ironthread.Thread)
        end.release()
        """
    )


def test_what_our_classes_made_stays_ours_when_others_uninstall() -> None:
    python(
        """
        import threading
        import ironthread
        go, fired = threading.Event(), []
        timer, thread = ironthread.Timer(0.2, fired.append, [1]), ironthread.Thread(target=go.wait)
        timer.start(); thread.start()
        new = ironthread.Timer(0, fired.append, [2]), ironthread.Thread(target=int)
        with ironthread.installed():
            pending = threading.Timer(0.1, fired.append, [3])
            pending.start()
        go.set()
        for made in new: made.start()
        for made in (timer, thread, pending, *new):
            assert isinstance(made, ironthread.Thread)
            made.join()
            assert not made.is_alive()
        assert sorted(fired) == [1, 2, 3]
        """
    )


def test_a_join_under_way_comes_to_its_end_when_it_is_uninstalled() -> None:
    run_program(
        """
        import threading
        from crew import Crew
        class Early(threading.Thread): pass
        go = threading.Event()
        early, plain = Early(target=go.wait), threading.Thread(target=go.wait)
        import ironthread
        with Crew() as crew:
            with ironthread.installed():
                made = threading.Thread(target=go.wait)
                for thread in (early, plain, made):
                    thread.start()
                    crew.start(thread.join).until_asleep("Thread.join")
            go.set()
        for thread in (early, plain, made):
            thread.join()
            assert not thread.is_alive()
        """
    )


def test_a_subclass_goes_back_when_no_thread_lives_that_was_started_under_our_class() -> None:
    python(
        """
        import threading
        class Early(threading.Timer): pass
        class Heir(Early): pass
        class Idle(threading.Timer): pass
        stock = [threading.Timer]
        import ironthread
        fired = []
        with ironthread.installed():
            timers = Heir(0.1, fired.append, [1]), Early(1000, print)
            for timer in timers: timer.start()
            idle = Idle(0, fired.append, [2])
        assert Early.__bases__ == (ironthread.Timer,)
        assert Idle.__bases__ == (stock[0],)
        idle.start(); idle.join()
        assert all(timer.is_alive() for timer in timers)
        timers[0].join()
        assert sorted(fired) == [1, 2]
        with ironthread.installed(): pass
        assert Early.__bases__ == (ironthread.Timer,)
        timers[1].cancel()
        timers[1].join()
        with ironthread.installed(): pass
        assert Early.__bases__ == (stock[0],)
        assert not any(timer.is_alive() for timer in timers)
        timers[1].join()
        """
    )


TOGGLED = """
    import sys, threading, time, warnings
    class Early(threading.Timer): pass
    class EarlyThread(threading.Thread): pass
    Standard = threading.Thread
    import ironthread
    warnings.simplefilter("ignore")
    sys.setswitchinterval(1e-5)
    wrong, end = [], time.monotonic() + float(sys.argv[1])
    threading.excepthook = lambda told: wrong.append(repr(told.exc_value))

    def toggle():
        while time.monotonic() < end:
            ironthread.install()
            time.sleep(0.0005)
            ironthread.uninstall()

    def work(make):
        while time.monotonic() < end and not wrong:
            done = threading.Event()
            thread = make(done.set)
            thread.start()
            thread.is_alive()
            thread.name = "renamed"
            thread.join(20)
            if thread.is_alive() or not done.is_set():
                wrong.append(f"{thread} has not ended")
            thread.join()

    makers = [
        lambda call: threading.Thread(target=call),
        lambda call: EarlyThread(target=call),
        lambda call: ironthread.Thread(target=call),
        lambda call: threading.Timer(0.0003, call),
        lambda call: Early(0.0003, call),
        lambda call: ironthread.Timer(0.0003, call),
    ]
    threads = [Standard(target=toggle), *(Standard(target=work, args=[make]) for make in makers)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert not wrong, wrong
    left = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert not left, left
"""


def test_threads_start_and_end_while_others_install_and_uninstall() -> None:
    run_program(TOGGLED, "2")


def test_the_source_shown_of_a_class_in_python_is_that_of_the_standard_one() -> None:
    python(
        """
        import inspect
        from concurrent import futures
        import ironthread, threading

        def sources():
            classes = threading.Thread, threading.Timer, futures.Future, futures.ThreadPoolExecutor
            return [inspect.getsource(cls) for cls in classes]

        before = sources()
        ironthread.install()
        assert threading.Thread is ironthread.Thread
        assert sources() == before
        """
    )
