"""Who waits for the GIL, sampled while a program is recorded; and that the program sees nothing of it."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from python_process import run, write
from test_report_on_programs import report_on, thread_called

HAS_GIL = not sysconfig.get_config_var("Py_GIL_DISABLED")
IS_SAMPLED = (
    HAS_GIL
    and sys.platform == "linux"
    and "gnu" in sysconfig.get_platform() + str(sysconfig.get_config_var("MULTIARCH"))
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's files are Linux's")

BURN = """
    import threading
    import time

    def burn():
        # For as long as it gets a processor, whatever others on this machine do.
        end = time.thread_time() + 0.2
        while time.thread_time() < end:
            sum(range(100))
"""


def burning(number: int, rest: float = 0.0) -> str:
    """A program with so many threads that rest for some seconds, and then only compute.

    They write down how long they wanted a processor.
    """
    return f"""{BURN}
    def burn_and_tell():
        time.sleep({rest})
        burn()
        with open("/proc/thread-self/schedstat") as stream:
            delay = stream.read().split()[1]
        with open(threading.current_thread().name, "w") as stream:
            stream.write(delay)

    names = [f"burner-{{each}}" for each in range({number})]
    threads = [threading.Thread(target=burn_and_tell, name=name) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def accounted(report: dict[str, Any], directory: Path, rest: float = 0.0) -> tuple[float, float]:
    """The share of three burners' lives, without their rest, in which they computed or waited to.

    At least: who waits for the GIL has to wait for a processor meanwhile, on a busy machine. And at the
    most: if none did.
    """
    least = most = lived = 0.0
    for name in ("burner-0", "burner-1", "burner-2"):
        thread = thread_called(report, name)
        delay = int((directory / name).read_text()) / 1e9
        known = thread["cpu"] + thread["time"]["gil"]
        least += known
        most += known + delay
        lived += thread["ended"] - thread["started"] - rest
    return least / lived, most / lived


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_threads_that_compute_wait_for_each_other(tmp_path: Path) -> None:
    report = report_on(tmp_path, burning(3))
    assert report["gil"]["held"] > 0.7
    assert report["gil"]["contended"] > 0.5
    # They computed, waited for the GIL, or for a processor: nothing else.
    least, most = accounted(report, tmp_path)
    assert least < 1.1
    assert most > 0.8


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_threads_that_begin_to_compute_are_seen_to_wait_for_each_other(tmp_path: Path) -> None:
    report = report_on(tmp_path, burning(3, rest=0.3))
    least, most = accounted(report, tmp_path, rest=0.3)
    assert least < 1.1
    assert most > 0.8


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_a_thread_that_comes_back_from_a_sleep_waits_for_those_that_compute(tmp_path: Path) -> None:
    code = f"""{BURN}
    def sleep():
        for _ in range(40):
            time.sleep(0.001)
        with open("/proc/thread-self/schedstat") as stream:
            delay = stream.read().split()[1]
        with open("sleeper", "w") as stream:
            stream.write(delay)

    threads = [threading.Thread(target=burn) for _ in range(2)]
    threads.append(threading.Thread(target=sleep, name="sleeper"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    """
    thread = thread_called(report_on(tmp_path, code), "sleeper")
    # While it only wants a processor, it does not sleep at the lock.
    delay = int((tmp_path / "sleeper").read_text()) / 1e9
    assert thread["time"]["gil"] / (thread["ended"] - thread["started"] - delay) > 0.3


@pytest.mark.skipif(not IS_SAMPLED, reason="there is no GIL that can be seen")
def test_threads_that_sleep_do_not_wait_for_it(tmp_path: Path) -> None:
    code = """
    import threading
    import time

    threads = [threading.Thread(target=time.sleep, args=(0.4,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    """
    report = report_on(tmp_path, code)
    assert report["gil"]["looks"] > 3
    assert report["gil"]["contended"] < 0.1
    assert report["gil"]["waiters"] < 0.1


@pytest.mark.skipif(HAS_GIL, reason="there is a GIL")
def test_without_a_gil_nothing_is_said(tmp_path: Path) -> None:
    assert report_on(tmp_path, burning(2))["gil"] is None


LOOKS = """
    import os
    import threading
    import time

    def lookers():
        names = []
        for number in os.listdir("/proc/self/task"):
            try:
                with open(f"/proc/self/task/{number}/comm") as stream:
                    names.append(stream.read().strip())
            except OSError:
                pass  # it has just ended
        return [name for name in names if name.startswith("ironthread")]

    def until(is_so):
        # The kernel tells nobody when a thread has got its name, or is gone.
        end = time.monotonic() + 20
        while not is_so():
            assert time.monotonic() < end, lookers()
            os.sched_yield()

    gate = threading.Event()
    thread = threading.Thread(target=gate.wait, daemon=True)
"""


def test_a_program_of_one_thread_has_no_other(tmp_path: Path) -> None:
    report = report_on(tmp_path, f"{LOOKS}\n    assert lookers() == []\n")
    assert report["gil"] is None


def test_a_fork_and_its_child_find_nobody_who_looks(tmp_path: Path) -> None:
    code = f"""{LOOKS}
    import warnings

    thread.start()
    until(lambda: lookers() == ["ironthread-look"])
    gate.set()
    thread.join()
    until(lambda: len(os.listdir("/proc/self/task")) <= 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that there are several threads: there are not
        child = os.fork()
    if child == 0:
        os._exit(len(lookers()))
    assert os.waitpid(child, 0)[1] == 0
    assert lookers() == []

    # The next thread has it come again, and one that waits has it stay.
    gate.clear()
    thread = threading.Thread(target=gate.wait, daemon=True)
    thread.start()
    until(lambda: lookers() == ["ironthread-look"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os._exit(len(lookers()))
    assert os.waitpid(child, 0)[1] == 0
    until(lambda: lookers() == ["ironthread-look"])
    gate.set()
    """
    report_on(tmp_path, code)


def test_the_numbers_of_the_programs_files_are_its_own(tmp_path: Path) -> None:
    code = f"""{LOOKS}
    thread.start()
    first = os.open("/dev/null", os.O_RDONLY)
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        number = os.open("/dev/null", os.O_RDONLY)
        assert number == first + 1, (number, first)
        os.close(number)
    read, write = os.pipe()
    os.close(write)
    assert os.read(read, 1) == b""  # nobody else holds the other end
    gate.set()
    """
    report_on(tmp_path, code)


def test_a_daemon_that_computes_at_the_end_ends_with_the_program(tmp_path: Path) -> None:
    program = write(
        tmp_path / "app.py",
        """
        import threading

        def spin():
            while True:
                pass

        threading.Thread(target=spin, daemon=True).start()
        """,
    )
    done = run("--report", "json", "--report-file", "report.json", str(program), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
