"""The report says what really happened: programs with waits of known places and times."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from python_process import run, write
from report_schema import parsed


def report_on(tmp_path: Path, code: str) -> dict[str, Any]:
    """Run a program and return its report."""
    program = write(tmp_path / "app.py", code)
    done = run("--report", "json", "--report-file", "report.json", "app.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    report = parsed((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["schema"] == 1
    for wait in report["waits"]:
        assert wait["origin"] is None or Path(wait["origin"]["file"]).is_absolute()
    assert program.exists()
    return report


def line_of(code: str, text: str) -> int:
    """The line of a program's code that contains `text`."""
    lines = textwrap.dedent(code).splitlines()
    (found,) = (number for number, line in enumerate(lines, 1) if text in line)
    return found


def wait_on(report: dict[str, Any], kind: str, line: int) -> dict[str, Any]:
    """The entry for what one line made."""
    (found,) = (
        wait
        for wait in report["waits"]
        if wait["kind"] == kind and wait["origin"] and wait["origin"]["line"] == line
    )
    assert isinstance(found, dict)
    return found


def thread_called(report: dict[str, Any], name: str) -> dict[str, Any]:
    """The entry for the only thread of that name."""
    (found,) = (thread for thread in report["threads"]["list"] if thread["name"] == name)
    assert isinstance(found, dict)
    return found


WAITS = {
    "Event": (
        "thing = threading.Event()",
        "threading.Timer(0.2, thing.set).start(); thing.wait(10)",
    ),
    "Lock": (
        "thing = threading.Lock()",
        "thing.acquire(); threading.Timer(0.2, thing.release).start(); thing.acquire()",
    ),
    "RLock": (
        "thing = threading.RLock()",
        "\n".join(
            (
                "held = threading.Event()",
                "def hold():",
                "    with thing: held.set(); time.sleep(0.2)",
                "threading.Thread(target=hold).start(); held.wait(); thing.acquire()",
            )
        ),
    ),
    "Condition": (
        "thing = threading.Condition()",
        "with thing: thing.wait(0.2)",
    ),
    "Semaphore": (
        "thing = threading.Semaphore(0)",
        "threading.Timer(0.2, thing.release).start(); thing.acquire()",
    ),
    "Barrier": (
        "thing = threading.Barrier(2)",
        "threading.Timer(0.2, thing.wait).start(); thing.wait()",
    ),
    "Queue.get": (
        "thing = queue.Queue()",
        "threading.Timer(0.2, thing.put, [1]).start(); thing.get()",
    ),
    "Queue.put": (
        "thing = queue.Queue(1)",
        "thing.put(1); threading.Timer(0.2, thing.get).start(); thing.put(2)",
    ),
    "Queue.join": (
        "thing = queue.Queue()",
        "thing.put(1); threading.Timer(0.2, thing.task_done).start(); thing.join()",
    ),
}


@pytest.mark.parametrize("kind", WAITS)
def test_a_wait_of_a_known_time_is_found_with_its_line(tmp_path: Path, kind: str) -> None:
    make, wait = WAITS[kind]
    code = f"import queue, threading, time\n\n{make}\n{wait}\n"
    report = report_on(tmp_path, code)
    found = wait_on(report, kind, line=3)
    assert found["origin"] == {"file": str(tmp_path / "app.py"), "line": 3}
    assert (found["count"], found["objects"]) == (1, 1)
    assert 0.15 < found["total"] == found["longest"] < 2
    main = report["threads"]["list"][0]
    assert main["main"]
    assert 0.15 < main["waited"][kind]["total"] < 2


def test_every_wait_counts_and_the_longest_stands_out(tmp_path: Path) -> None:
    code = """
        import queue, threading, time
        jobs = queue.Queue()  # here
        def work():
            for _ in range(5):
                jobs.get()
        worker = threading.Thread(target=work, name="worker")
        worker.start()
        for pause in (0.05, 0.05, 0.3, 0.05, 0.05):
            time.sleep(pause)
            jobs.put(None)
        worker.join()
    """
    report = report_on(tmp_path, code)
    found = wait_on(report, "Queue.get", line_of(code, "# here"))
    assert found["count"] == 5
    assert 0.25 < found["longest"] < 1
    assert 0.45 < found["total"] < 2
    worker = thread_called(report, "worker")
    assert worker["waited"]["Queue.get"] == pytest.approx(
        {key: found[key] for key in ("count", "total", "longest")}
    )
    assert not worker["alive"]
    assert 0.45 < worker["ended"] - worker["started"] < 2


def test_objects_made_by_one_line_are_counted_together(tmp_path: Path) -> None:
    code = """
        import threading
        locks = [threading.Lock() for _ in range(7)]  # here
        for lock in locks:
            lock.acquire()
            lock.acquire(timeout=0.02)
    """
    found = wait_on(report_on(tmp_path, code), "Lock", line_of(code, "# here"))
    assert (found["objects"], found["count"]) == (7, 7)
    assert 0.1 < found["total"] < 1


def test_threads_are_counted_and_named(tmp_path: Path) -> None:
    code = """
        import threading, time
        def work():
            threading.current_thread().name = threading.current_thread().name.upper()
            meeting.wait(10)
        for round in range(2):
            meeting = threading.Barrier(5)
            threads = [threading.Thread(target=work, name=f"t{round}{i}") for i in range(5)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
    """
    threads = report_on(tmp_path, code)["threads"]
    assert threads["started"] == 10
    assert threads["peak"] == 6
    names = [thread["name"] for thread in threads["list"]]
    assert names[0] == "MainThread"
    assert names[1:] == [f"T{turn}{i}" for turn in range(2) for i in range(5)]


def test_a_thread_has_its_own_cpu_time(tmp_path: Path) -> None:
    code = """
        import threading, time
        def burn():
            while time.thread_time() < 0.3: pass
        busy = threading.Thread(target=burn, name="busy")
        idle = threading.Thread(target=time.sleep, args=[0.1], name="idle")
        for thread in (busy, idle): thread.start()
        for thread in (busy, idle): thread.join()
    """
    report = report_on(tmp_path, code)
    assert 0.25 < thread_called(report, "busy")["cpu"] < 0.6
    assert thread_called(report, "idle")["cpu"] < 0.1
    assert thread_called(report, "MainThread")["cpu"] < 0.2
    assert 0.3 < report["cpu"] < 1
    assert report["cpu"] < report["elapsed"] + 0.1


def test_threads_of_a_pool_and_of_timers_are_there(tmp_path: Path) -> None:
    code = """
        import concurrent.futures, threading, time
        with concurrent.futures.ThreadPoolExecutor(3, thread_name_prefix="pool") as pool:
            list(pool.map(time.sleep, [0.05] * 3))
        timer = threading.Timer(0.05, print)
        timer.name = "timer"
        timer.start()
    """
    names = {thread["name"] for thread in report_on(tmp_path, code)["threads"]["list"]}
    pool = {"pool_0", "pool_1", "pool_2"}
    assert names == {"MainThread", "timer"} | pool


def test_the_thread_that_serves_timers_is_none_of_the_programs(tmp_path: Path) -> None:
    code = """
        import threading
        done = threading.Event()
        threading.Timer(0.05, done.set).start()
        threading.Timer(60, print).cancel()
        done.wait(30)
    """
    report = report_on(tmp_path, code)
    assert [report["threads"][key] for key in ("started", "peak")] == [1, 2]
    names = [thread["name"] for thread in report["threads"]["list"]]
    assert names[0] == "MainThread"
    assert len(names) == 2
    # Each wait is one of a thread that is listed: those of the serving thread are in neither sum.
    assert "Timer" not in {wait["kind"] for wait in report["waits"]}
    counts = [sum(wait["count"] for wait in report["waits"])]
    counts.append(
        sum(
            wait["count"]
            for thread in report["threads"]["list"]
            for wait in thread["waited"].values()
        )
    )
    assert counts[0] == counts[1]


def test_a_thread_has_not_used_more_time_than_it_lived(tmp_path: Path) -> None:
    code = """
        import threading
        for number in range(200):
            thread = threading.Thread(target=int)
            thread.start()
            thread.join()
    """
    threads = report_on(tmp_path, code)["threads"]["list"]
    assert len(threads) == 201
    for thread in threads:
        # Two clocks of the system, which may differ by a microsecond.
        assert 0 < thread["cpu"] <= thread["ended"] - thread["started"] + 1e-6


def test_a_thread_that_still_waits_is_reported_as_waiting(tmp_path: Path) -> None:
    code = """
        import threading, time
        never = threading.Event()  # here
        threading.Thread(target=never.wait, name="patient", daemon=True).start()
        time.sleep(0.2)
    """
    report = report_on(tmp_path, code)
    patient = thread_called(report, "patient")
    assert patient["alive"]
    assert patient["ended"] is None
    assert patient["waiting"]["kind"] == "Event"
    assert patient["waiting"]["origin"]["line"] == line_of(code, "# here")
    assert 0.15 < report["elapsed"] - patient["waiting"]["since"] < 2


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_who_holds_a_lock_that_a_thread_still_waits_for_is_named(tmp_path: Path, kind: str) -> None:
    code = f"""
        import threading, time
        lock = threading.{kind}()
        held = threading.Event()
        def hold():
            with lock:
                held.set()
                threading.Event().wait()
        threading.Thread(target=hold, name="keeper", daemon=True).start()
        held.wait()
        threading.Thread(target=lock.acquire, name="late", daemon=True).start()
        time.sleep(0.2)
    """
    report = report_on(tmp_path, code)
    keeper, late = (thread_called(report, name) for name in ("keeper", "late"))
    assert late["waiting"]["kind"] == kind
    assert late["waiting"]["holder"] == {"name": "keeper", "ident": keeper["ident"]}
    assert keeper["waiting"]["holder"] is None


def test_what_made_up_code_makes_goes_to_the_line_that_runs_it(tmp_path: Path) -> None:
    code = """
        import threading
        from dataclasses import dataclass, field
        @dataclass
        class Thing:
            event: threading.Event = field(default_factory=threading.Event)
        thing = Thing()  # here
        thing.event.wait(0.01)
    """
    wait_on(report_on(tmp_path, code), "Event", line_of(code, "# here"))


def test_no_thread_is_made_up_by_looking_at_names(tmp_path: Path) -> None:
    code = """
        import threading
        class Odd(threading.Thread):
            @property
            def name(self): raise RuntimeError("no name")
            def run(self): pass
        odd = Odd()
        odd.start()
        odd.join()
        assert threading.enumerate() == [threading.main_thread()]
        assert "Dummy" not in repr(threading._active)
    """
    assert report_on(tmp_path, code)["threads"]["started"] == 1


def test_a_program_that_never_waits_is_told_so(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "print('hello')")
    done = run("app.py", cwd=tmp_path)
    assert "No thread waited" in done.stderr
    assert "0 threads started" in done.stderr


def test_files_are_named_from_where_the_program_was_started(tmp_path: Path) -> None:
    write(tmp_path / "lib" / "part.py", "import threading\nevent = threading.Event()\n")
    write(
        tmp_path / "app.py",
        """
        import os, sys
        sys.path.insert(0, "lib")
        import part
        os.chdir("/")
        part.event.wait(0.1)
        """,
    )
    done = run("app.py", cwd=tmp_path)
    assert re.search(r"Event +lib/part\.py:2 +1 ", done.stderr)


def test_a_terminal_that_has_no_such_characters_gets_others(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "import threading\nthreading.Event().wait(0.01)")
    done = run("app.py", cwd=tmp_path, env={"PYTHONIOENCODING": "ascii:strict"})
    assert done.returncode == 0
    assert done.stderr.isascii()
    assert done.stderr.startswith("-- ironthread --")
