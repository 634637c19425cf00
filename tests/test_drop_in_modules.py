"""`ironthread.threading` and `ironthread.queue` can stand in for the standard modules."""

from __future__ import annotations

import pytest
from python_process import python


@pytest.mark.parametrize("installed", [False, True])
def test_the_drop_in_modules_have_every_public_name(installed: bool) -> None:
    python(
        f"""
        import queue, threading
        import ironthread, ironthread.queue, ironthread.threading
        if {installed}:
            ironthread.install()
        ours = {{"Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "RLock", "Semaphore"}}
        ours |= {{"Thread", "Timer"}}
        assert set(ironthread.threading.__all__) == set(threading.__all__) >= ours
        for name in (*threading.__all__, "activeCount", "currentThread", "_register_atexit"):
            expected = getattr(ironthread if name in ours else threading, name)
            assert getattr(ironthread.threading, name) is expected, name
            assert name in dir(ironthread.threading)
        assert set(ironthread.queue.__all__) == set(queue.__all__) | {{"ShutDown"}}
        for name in ironthread.queue.__all__:
            owner = queue if name in ("Empty", "Full") else ironthread
            assert getattr(ironthread.queue, name) is getattr(owner, name), name
        """
    )


def test_the_drop_in_module_passes_hooks_on_to_where_they_are_looked_for() -> None:
    output = python(
        """
        import ironthread.threading as threading
        from ironthread.threading import *
        threading.excepthook = lambda args: print("hook", args.exc_type.__name__)
        thread = Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        assert threading.excepthook is not threading.__excepthook__
        threading.mine = 5
        assert threading.mine == 5
        import threading as standard
        assert not hasattr(standard, "mine")
        try:
            threading.nonsense
        except AttributeError as error:
            print(error)
        """
    )
    assert output.splitlines() == [
        "hook ZeroDivisionError",
        "module 'ironthread.threading' has no attribute 'nonsense'",
    ]


def test_the_package_says_its_version() -> None:
    from importlib.metadata import version

    assert python("import ironthread; print(ironthread.__version__)").strip() == version(
        "ironthread"
    )
