"""Programs of several threads, unmodified: under `ironthread run` they print and end as under python."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from side_by_side import PROGRAMS, Running, compare

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the programs need signals and fork"
)


def unordered(text: str) -> list[str]:
    """Lines that threads wrote in whatever order, without addresses."""
    return sorted(re.sub(r"0x[0-9a-f]+", "0x", text).splitlines())


def script(name: str) -> str:
    return str(PROGRAMS / f"{name}.py")


def test_a_queue_listener_gets_every_record_of_every_producer(tmp_path: Path) -> None:
    compared = compare(
        tmp_path,
        *(script("queue_listener"), str(tmp_path / "app.log")),
        tidy=unordered,
        threads={r"producer-\d": 6, r"Thread-\d+ \(_monitor\)": 1},
    )
    assert compared.plain.out.endswith("in order: 1200\n")
    assert compared.plain.err.count("ValueError: the end of ") == 6


def without_futures(text: str) -> str:
    """Text without the frames of futures in tracebacks: ours are native, and have none there."""
    frame = r'  File ".*/(?:concurrent/futures|ironthread)/\w+\.py", line .*\n(?:    .*\n)+'
    return re.sub(frame, "", text)


def test_futures_of_threads_and_processes(tmp_path: Path) -> None:
    compared = compare(
        tmp_path,
        script("executors"),
        tidy=lambda text: unordered(without_futures(text)),
        threads={
            r"map_\d": range(1, 5),  # a pool starts a worker only when none is idle
            r"call_\d": 3,
            "gate_0": 1,
            r"ready_\d": 3,
            "QueueFeederThread": 1,
        },
    )
    assert compared.plain.out.endswith("broken BrokenProcessPool\n")
    assert compared.plain.err.count("RuntimeError: a callback fails") == 1


def test_a_session_of_requests_shared_by_threads(tmp_path: Path) -> None:
    compared = compare(
        tmp_path,
        script("shared_sessions"),
        threads={
            "serving": 1,
            r"client_\d": 8,
            r"Thread-\d+ \(process_request_thread\)": range(1, 4),
        },
    )
    assert compared.plain.out.count("True 20\n") == 8
    # Eight threads, three connections: the pool of urllib3 is what they wait for.
    assert any(
        wait["kind"] == "Queue.get" and "urllib3" in wait["origin"]["file"]
        for wait in compared.report["waits"]
        if wait["origin"]
    )


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_a_threaded_parent(tmp_path: Path, method: str) -> None:
    compared = compare(
        tmp_path,
        *(script("processes"), method),
        tidy=unordered,
        threads={r"busy-\d": 2, r"Thread-\d+ \(_handle_\w+\)": 3},
    )
    assert "exit codes [0, 0]\n" in compared.plain.out


def test_an_event_loop_that_leans_on_threads(tmp_path: Path) -> None:
    compare(
        tmp_path,
        script("asyncio_bridge"),
        threads={r"own_\d": 3, "outside": 1, "raiser": 1, r"asyncio_\d+": range(1, 100)},
    )


def test_programs_started_and_talked_to_by_threads(tmp_path: Path) -> None:
    compare(
        tmp_path,
        script("subprocess_crew"),
        threads={
            r"crew_\d": range(4, 17),
            r"reader-\d": 4,
            r"waiter-\d_\d": range(4, 13),
        },
    )


def test_state_per_thread_goes_with_its_thread(tmp_path: Path) -> None:
    compared = compare(
        tmp_path,
        script("thread_locals"),
        status=3,
        threads={r"local-\d": 6},
    )
    closed = " ".join(f"local-{number}" for number in range(6))
    assert f"\nclosed {closed}\n" in compared.plain.out


def test_a_pipeline_of_queues_ended_by_sentinels(tmp_path: Path) -> None:
    compared = compare(
        tmp_path,
        script("pipeline"),
        threads={r"pack-\d": 3, r"check-\d": 2, "unpack-0": 1, r"giver-\d": 3},
    )
    kinds = {wait["kind"] for wait in compared.report["waits"]}
    assert {"Queue.get", "Queue.put"} <= kinds


def test_timers_that_beat_and_a_scheduler_that_threads_share(tmp_path: Path) -> None:
    compared = compare(tmp_path, script("heartbeat"), threads={"runner": 1, "giver": 1})
    assert "beats [1, 2, 3, 4, 5, 6, 7, 8] barked False" in compared.plain.out


@pytest.mark.parametrize("framework", ["pytest", "unittest"])
def test_a_test_suite_that_uses_threads(tmp_path: Path, framework: str) -> None:
    shutil.copy(script("threaded_suite"), tmp_path / "test_threads.py")
    arguments = {
        "pytest": ["pytest", "-p", "no:cacheprovider", "test_threads.py"],
        "unittest": ["unittest", "-v", "test_threads"],
    }[framework]
    compared = compare(
        tmp_path,
        *("-m", *arguments),
        status=1 if framework == "pytest" else 0,
        tidy=lambda text: re.sub(r"(0x[0-9a-f]+|\d+\.\d+s)", "_", text),
        threads={r"Thread-\d+ \(add\)": 4},
    )
    if framework == "pytest":
        assert "1 failed, 8 passed, 1 warning" in compared.plain.out


def test_the_prompt_of_asyncio_runs_in_a_thread(tmp_path: Path) -> None:
    def drive(prompt: Running) -> None:
        prompt.write(
            "import asyncio, threading\n"
            "there = await asyncio.to_thread(threading.current_thread)\n"
            "print(there.name)\n"
            "1 // 0\n"
        )

    compared = compare(
        tmp_path,
        *("-m", "asyncio"),
        drive=drive,
        tidy=without_futures,
        threads={"asyncio_0": 1, r".*": 2},
    )
    assert "asyncio_0" in compared.plain.out
    assert "ZeroDivisionError" in compared.plain.err
