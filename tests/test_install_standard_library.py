"""The standard library works on top of ours, in children and beside sub-interpreters, too."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from python_process import python, start, write

LOAD = """
import asyncio, concurrent.futures, logging.handlers, multiprocessing.dummy, queue
import subprocess, sys, tempfile, threading
"""
INSTALL = """
import ironthread
ironthread.install()
"""
USE = """
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    assert list(pool.map(abs, range(-50, 0))) == list(range(50, 0, -1))
async def main():
    return await asyncio.gather(*(asyncio.to_thread(abs, -n) for n in range(20)))
assert asyncio.run(main()) == list(range(20))
records = queue.Queue()
logger = logging.getLogger("test")
logger.addHandler(logging.handlers.QueueHandler(records))
threading.Thread(target=logger.warning, args=["careful"]).start()
assert records.get(timeout=10).getMessage() == "careful"
with tempfile.TemporaryFile() as file:
    file.write(b"x")
with multiprocessing.dummy.Pool(3) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
assert subprocess.run([sys.executable, "-c", ""], timeout=60).returncode == 0
done = threading.Event()
timer = threading.Timer(0, done.set)
timer.start()
assert done.wait(10)
timer.join()
"""


@pytest.mark.parametrize("program", [LOAD + INSTALL + USE, INSTALL + LOAD + USE])
def test_the_users_of_threads_in_the_standard_library_work(program: str) -> None:
    python(program)


@pytest.mark.parametrize("name", ["Lock", "RLock", "Condition", "Event", "Queue", "SimpleQueue"])
def test_classes_are_pickled_under_names_that_every_process_has(name: str) -> None:
    data = python(
        f"""
        import pickle
        import ironthread
        ironthread.install()
        assert pickle.loads(pickle.dumps(ironthread.{name})) is ironthread.{name}
        print(pickle.dumps(ironthread.{name}).hex())
        """
    )
    python(
        """
        import pickle, sys
        factory = pickle.loads(bytes.fromhex(sys.argv[1]))
        assert factory() is not None
        """,
        data.strip(),
    )


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_multiprocessing_works(tmp_path: Path, method: str, when: str) -> None:
    program = write(
        tmp_path / "program.py",
        f"""
        def meet(barrier, numbers):
            numbers.put(barrier.wait(30))

        if __name__ == "__main__":
            if "{when}" == "after":
                import multiprocessing.managers, multiprocessing.synchronize
            import ironthread
            ironthread.install()
            import multiprocessing
            context = multiprocessing.get_context("{method}")
            barrier, numbers = context.Barrier(3), context.Queue()
            processes = [context.Process(target=meet, args=(barrier, numbers)) for _ in range(3)]
            for process in processes:
                process.start()
            assert sorted(numbers.get(timeout=30) for _ in processes) == [0, 1, 2]
            for process in processes:
                process.join(30)
            with context.Manager() as manager:
                event, jobs = manager.Event(), manager.Queue()
                with manager.Lock(), manager.RLock(), manager.Condition():
                    jobs.put(event.is_set())
                assert jobs.get() is False
        """,
    )
    done = start([str(program)])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_child_stays_installed_and_may_uninstall() -> None:
    python(
        """
        import os, threading
        import ironthread
        ironthread.install()
        pid = os.fork()
        if pid == 0:
            started = threading.Event()
            thread = threading.Thread(target=started.set)
            thread.start()
            ok = started.wait(10) and threading.Event is ironthread.Event
            thread.join()
            ironthread.uninstall()
            os._exit(0 if ok and threading.Event is not ironthread.Event else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        """
    )


def test_a_sub_interpreter_is_refused_and_keeps_the_standard_classes() -> None:
    output = python(
        """
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        import ironthread
        ironthread.install()
        inside = interpreters.create()
        interpreters.run_string(inside, '''if True:
            import _thread, queue, threading
            try:
                import ironthread
            except ImportError as error:
                print(error)
            from types import FunctionType
            assert isinstance(threading.Event.set, FunctionType)
            assert isinstance(queue.Queue.get, FunctionType)
            print("untouched", flush=True)
        ''')
        interpreters.destroy(inside)
        """
    )
    assert "sub-interpreter" in output
    assert output.endswith("untouched\n")


POOL_FROM_BEFORE = """
import asyncio, concurrent.futures

class Named(concurrent.futures.ThreadPoolExecutor):
    pass

pools = [kind(1) for kind in (concurrent.futures.ThreadPoolExecutor, Named)]
pools[0].submit(int).result()

import ironthread
ironthread.install()

async def main(pool):
    asyncio.get_running_loop().set_default_executor(pool)
    return await asyncio.to_thread(abs, -4)

for pool in pools:
    assert isinstance(pool, concurrent.futures.ThreadPoolExecutor)
    assert asyncio.run(main(pool)) == 4
    try:
        pool.submit(int)
    except RuntimeError as error:
        assert "after shutdown" in str(error)  # asyncio has ended it
ironthread.uninstall()
assert type(pools[0]) is concurrent.futures.ThreadPoolExecutor
assert Named.__bases__ == (concurrent.futures.ThreadPoolExecutor,)
"""


def test_pools_from_before_are_taken_for_pools_by_asyncio() -> None:
    python(POOL_FROM_BEFORE)
