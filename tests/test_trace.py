"""`ironthread run --trace`: the file is in the documented format, and says what really happened."""

from __future__ import annotations

import itertools
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_process import run, write
from traces import Trace, assert_as_reported


def traced(tmp_path: Path, code: str, *options: str) -> tuple[Trace, dict[str, Any]]:
    """Run a program; return its trace and its report, which agree."""
    write(tmp_path / "app.py", code)
    report = ("--report", "json", "--report-file", "report.json")
    done = run(*report, "--trace", "trace.json", *options, "app.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    trace = Trace(tmp_path / "trace.json")
    assert_as_reported(trace, told)
    return trace, told


HELD = """
    import queue, threading, time
    from ironthread import state
    lock = threading.Lock()
    items = queue.Queue()
    held = threading.Event()
    def hold():
        with lock:
            held.set()
            while state(wants).waits_for != "Lock":
                pass
            time.sleep(0.2)
    def want():
        held.wait()
        with lock:
            items.put(1)
    holds = threading.Thread(target=hold, name="holder")
    wants = threading.Thread(target=want, name="wanter")
    wants.start(); holds.start()
    items.get()
    holds.join(); wants.join()
"""


def test_a_wait_for_a_held_lock_is_on_its_line_with_its_holder_and_duration(tmp_path: Path) -> None:
    trace, _ = traced(tmp_path, HELD)
    assert sorted(trace.names.values()) == ["MainThread", "holder", "wanter"]
    assert trace.facts["program"] == ["app.py"]
    assert (trace.facts["resolution_seconds"], trace.facts["omitted_waits"]) == (0, 0)
    (wait,) = (wait for wait in trace.waits("wanter") if wait["name"].startswith("Lock"))
    assert (wait["name"], wait["cat"]) == ("Lock app.py:4", "lock")
    assert wait["args"] == {
        "line": f"{tmp_path / 'app.py'}:4",
        "holder": "holder",
        "holder_tid": trace.number("holder"),
    }
    assert wait["dur"] >= 200_000
    holder = trace.life("holder")
    assert holder["ts"] <= wait["ts"] <= holder["ts"] + holder["dur"]
    (get,) = (wait for wait in trace.waits("MainThread") if wait["cat"] == "queue")
    assert get["name"] == "Queue.get app.py:5"
    assert get["ts"] <= wait["ts"] + wait["dur"] <= get["ts"] + get["dur"]


def test_the_trace_is_written_without_a_report_too(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "print('it ran')")
    done = run("--report", "none", "--trace=trace.json", "app.py", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "it ran\n", "")
    assert list(Trace(tmp_path / "trace.json").names.values()) == ["MainThread"]


def test_of_many_waits_the_shortest_are_left_out_and_the_file_stays_small(tmp_path: Path) -> None:
    limit = 1000
    code = """
        import threading
        lock = threading.Lock()
        lock.acquire()
        def wait():
            for turn in range(21_000):
                lock.acquire(timeout=1e-9)
            lock.acquire(timeout=0.3)
        threads = [threading.Thread(target=wait, name=f"waiter-{n}") for n in range(10)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """
    trace, report = traced(tmp_path, code, "--trace-limit", str(limit))
    (lock,) = (wait for wait in report["waits"] if wait["kind"] == "Lock")
    assert lock["count"] == 210_010
    shown = [wait for name in trace.names.values() for wait in trace.waits(name)]
    assert len(shown) <= limit
    assert trace.facts["omitted_waits"] >= 209_000
    resolution = trace.facts["resolution_seconds"] * 1_000_000
    assert resolution > 0
    # (The resolution is a binary fraction.)
    assert all(wait["dur"] >= resolution - Decimal("0.001") for wait in shown)
    assert len(trace.text) < 500 * limit
    # What matters is still there.
    for name in (f"waiter-{number}" for number in range(10)):
        assert [wait for wait in trace.waits(name) if wait["dur"] >= 300_000], name


def test_threads_that_end_are_shown_for_their_lives_and_others_to_the_end(tmp_path: Path) -> None:
    code = """
        import threading
        from ironthread import state
        never = threading.Event()
        started = threading.Barrier(2)
        def sleep():
            started.wait()
            never.wait()
        sleeper = threading.Thread(target=sleep, name="sleeper", daemon=True)
        sleeper.start()
        for number in range(20):
            thread = threading.Thread(target=never.wait, args=(0.001,), name=f"short-{number}")
            thread.start()
            thread.join()
        started.wait()
        while state(sleeper).waits_for != "Event":
            pass
    """
    trace, _ = traced(tmp_path, code)
    ends = {name: trace.life(name)["ts"] + trace.life(name)["dur"] for name in trace.names.values()}
    shorts = [f"short-{number}" for number in range(20)]
    for before, after in itertools.pairwise(shorts):
        # (The threads' numbers are never given out twice, so each has a track of its own.)
        assert ends[before] <= trace.life(after)["ts"] + trace.life(after)["dur"]
    (*_, last) = trace.waits("sleeper")
    assert last["name"] == "Event app.py:4"
    assert last["ts"] + last["dur"] <= ends["sleeper"]
    assert ends["sleeper"] >= max(ends[name] for name in shorts)


def test_what_a_signal_handler_waits_for_lies_within_the_wait_that_it_came_into(
    tmp_path: Path,
) -> None:
    code = """
        import signal, threading
        outer, inner = threading.Condition(), threading.Event()
        signal.signal(signal.SIGALRM, lambda *_: inner.wait(0.05))
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with outer:
            outer.wait(0.5)
    """
    trace, _ = traced(tmp_path, code)
    waits = {wait["name"].split()[0]: wait for wait in trace.waits("MainThread")}
    outer, inner = waits["Condition"], waits["Event"]
    assert outer["ts"] < inner["ts"]
    assert inner["ts"] + inner["dur"] < outer["ts"] + outer["dur"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_goes_on_and_leaves_the_trace_to_its_parent(tmp_path: Path) -> None:
    code = """
        import os, threading, warnings
        # 3.12 and later warn of forks beside threads.
        warnings.simplefilter("ignore", DeprecationWarning)
        done = threading.Event()
        waits = threading.Thread(target=done.wait, name="waiter")
        waits.start()
        child = os.fork()
        if child == 0:
            def wait():
                threading.Event().wait(0.01)
            for number in range(3):
                thread = threading.Thread(target=wait, name="childs")
                thread.start()
                thread.join()
            raise SystemExit(0)
        assert os.waitpid(child, 0)[1] == 0
        done.set()
        waits.join()
    """
    trace, _ = traced(tmp_path, code)
    assert sorted(trace.names.values()) == ["MainThread", "waiter"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".json") == [
        "report.json",
        "trace.json",
    ]


def test_a_child_that_runs_the_same_command_has_a_file_of_its_own(tmp_path: Path) -> None:
    code = """
        import os, subprocess, sys
        command = [sys.executable, "-m", "ironthread", "run", "--report", "none"]
        if len(sys.argv) == 1:
            subprocess.run([*command, "--trace", "trace.json", "app.py", "again"], check=True)
    """
    write(tmp_path / "app.py", code)
    done = run("--report", "none", "--trace", "trace.json", "app.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    own = Trace(tmp_path / "trace.json")
    (other,) = tmp_path.glob("trace.*.json")
    child = Trace(other)
    assert own.facts["program"] == ["app.py"]
    assert child.facts["program"] == ["app.py", "again"]
    assert other.name == f"trace.{child.events[0]['pid']}.json"


def test_a_trace_that_cannot_be_written_at_the_end_is_one_line(tmp_path: Path) -> None:
    code = "import os; os.remove('trace.json'); os.mkdir('trace.json')"
    write(tmp_path / "app.py", code)
    done = run("--report", "none", "--trace", "trace.json", "app.py", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.startswith("ironthread: can't write to ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--trace", "no/such/file"], "can't write to 'no/such/file': No such file or directory"),
        (["--trace", "t", "--report-file", "./t"], "can't write both report and trace to "),
        (["--trace", "t", "--trace-limit", "0"], "no number of waits: '0'"),
        (["--trace", "t", "--trace-limit", "many"], "no number of waits: 'many'"),
        (["--trace", "t", "--trace-limit", "9" * 5000], "no number of waits: '999"),
        (["--trace-limit", "5"], "option --trace-limit needs --trace"),
    ],
)
def test_a_wrong_option_is_one_clear_line_and_status_2(
    tmp_path: Path, options: list[str], problem: str
) -> None:
    write(tmp_path / "app.py", "print('it ran')")
    done = run(*options, "app.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"ironthread: {problem}")
    assert done.stderr.count("\n") == 1
