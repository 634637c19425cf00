"""What a running program says of its threads: held up by C code, deadlocked, or at work."""

from __future__ import annotations

import ctypes
import json
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from listening import HOLD_INTERPRETER, RUN, Listening, ironthread, path_of
from test_serve_protocol import AS_ANOTHER, needs_root

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the server is Linux's"),
    pytest.mark.skipif(not hasattr(ctypes.PyDLL(None), "usleep"), reason="needs usleep"),
]

FREE_THREADED = hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled()

HELD = (
    HOLD_INTERPRETER
    + """
    import threading
    def block():
        lock.acquire()
    lock = threading.Lock()
    lock.acquire()
    threading.Thread(target=block, name="blocked", daemon=True).start()
    def call_c():
        print("now", flush=True)
        hold(3_000_000)
        print("over", flush=True)
    print("ready", flush=True)
    input()
    thread = threading.Thread(target=call_c, name="in C")
    thread.start()
    thread.join()
"""
)

DEADLOCK = """
    import threading
    first, second = threading.Lock(), threading.Lock()
    both = threading.Barrier(2)
    def take(one, other):
        with one:
            both.wait()
            take_other(other)
    def take_other(other):
        with other:
            raise AssertionError("no deadlock")
    threading.Thread(target=take, args=(first, second), name="one").start()
    threading.Thread(target=take, args=(second, first), name="two").start()
"""


def thread_names() -> list[str]:
    """The names in the system of the threads of this process."""
    names = Path("/proc/self/task").glob("*/comm")
    return [name.read_text(encoding="utf-8").rstrip() for name in names]


def until_dumped(program: Listening, text: str) -> str:
    """Ask for dumps by SIGQUIT until one says this; return it. (The first may come too early.)"""
    deadline = time.monotonic() + 30
    count = 0
    while True:
        program.signal(signal.SIGQUIT)
        count += 1
        while len(dumps := program.stderr().split("─" * 80 + "\n")) <= count:
            assert time.monotonic() < deadline, dumps
            time.sleep(0.005)
        if text in dumps[count - 1]:
            return dumps[count - 1]


def functions(thread: dict[str, Any]) -> list[str]:
    """The functions of a thread's stack, innermost first."""
    return [frame["function"] for frame in thread["stack"]["frames"]]


@pytest.mark.skipif(FREE_THREADED, reason="needs an interpreter that can be held")
def test_a_dump_comes_within_100_ms_while_c_code_holds_the_interpreter(tmp_path: Path) -> None:
    with Listening(tmp_path, HELD) as program:
        program.until("ready")
        program.until_waiting("blocked", "Lock")
        program.tell()
        program.until("now")
        deadline = time.monotonic() + 2.0
        quickest, dump = 1.0, None
        while time.monotonic() < deadline and (quickest >= 0.1 or dump is None):
            begin = time.monotonic()
            found = program.ask("dump")
            took = time.monotonic() - begin
            if found["interpreter"]["answered"] is False:
                quickest, dump = min(quickest, took), found
        assert dump is not None, "the interpreter was not held"
        assert quickest < 0.1, f"{quickest * 1000:.0f} ms"
        later = program.ask("dump")["interpreter"]
        assert (later["state"], later["holder"]["name"]) == ("held", "in C")
        assert 0 < later["held_at_least_seconds"] < 3
        threads = {thread["name"]: thread for thread in dump["threads"]}
        assert threads["in C"]["stack"] is None
        assert "the interpreter did not answer" in threads["in C"]["stack_missing"]
        assert functions(threads["blocked"])[0] == "block"
        program.until("over")


@pytest.mark.skipif(FREE_THREADED, reason="needs an interpreter that can be held")
def test_the_time_that_the_interpreter_is_held_is_told(tmp_path: Path) -> None:
    with Listening(tmp_path, HELD) as program:
        program.until("ready")
        program.tell()
        program.until("now")
        begin = time.monotonic()
        held = 0.0
        while held < 1.0:
            interpreter = program.ask("stats")["interpreter"]
            if interpreter["holder"] and interpreter["holder"]["name"] == "in C":
                held = interpreter["held_at_least_seconds"]
            assert held <= time.monotonic() - begin + 0.15, "longer than it has held it"
            assert time.monotonic() - begin < 2.5, f"told {held} s"
        text = ironthread("dump", program.pid).stdout
        (said,) = re.findall(
            r'^The interpreter is held by thread \d+ "in C" for (\d\.\d\d) s at least',
            text,
            re.MULTILINE,
        )
        assert held <= float(said) + 0.01
        assert float(said) < 3
        program.until("over")


def test_a_deadlocked_program_tells_who_waits_for_whom_and_where(tmp_path: Path) -> None:
    with Listening(tmp_path, DEADLOCK) as program:
        program.until_waiting("one", "Lock")
        program.until_waiting("two", "Lock")
        for name, other in (("one", "two"), ("two", "one")):
            thread = program.thread(name)
            assert thread["state"] == "waiting"
            assert thread["waiting"]["kind"] == "Lock"
            assert thread["waiting"]["made_at"] == {"file": str(program.script), "line": 3}
            assert thread["waiting"]["holder"]["name"] == other
            assert functions(thread)[:2] == ["take_other", "take"]
            assert [frame["line"] for frame in thread["stack"]["frames"][:2]] == [10, 8]
        ids = [program.thread(name)["id"] for name in ("one", "two")]
        assert program.ask("dump")["circles"] == [sorted(ids)]
        text = ironthread("dump", program.pid).stdout
        assert re.search(
            r'^Deadlock: thread \d+ "\w+", thread \d+ "\w+": each waits for the next',
            text,
            re.MULTILINE,
        )
        for name, other in (("one", "two"), ("two", "one")):
            assert re.search(
                rf'Thread \d+ "{name}" \(the system\'s \d+\) has waited .* for Lock, made at '
                rf'{program.script}:3, held by thread \d+ "{other}".*\n'
                rf'  File "{program.script}", line 10 in take_other\n'
                rf'  File "{program.script}", line 8 in take\n',
                text,
            ), text


def test_who_waits_for_a_thread_that_goes_on_is_in_no_circle(tmp_path: Path) -> None:
    code = """
        import threading
        lock, never = threading.Lock(), threading.Event()
        def hold():
            with lock: never.wait()
        def want():
            with lock: pass
        holder = threading.Thread(target=hold, name="holder", daemon=True)
        holder.start()
        threading.Thread(target=want, name="wanting", daemon=True).start()
        holder.join()
    """
    with Listening(tmp_path, code) as program:
        program.until_waiting("wanting", "Lock")
        program.until_waiting("holder", "Event")
        program.until_waiting("MainThread", "Thread.join")
        assert program.ask("dump")["circles"] == []
        text = ironthread("dump", program.pid).stdout
        assert "Deadlock" not in text
        assert re.search(r'for Thread.join.*, which depends on thread \d+ "holder"', text)


def test_the_stack_of_a_thread_that_runs_is_asked_for(tmp_path: Path) -> None:
    code = """
        import threading, time
        def work():
            begun.set()
            while not over: pass
        begun, over = threading.Event(), []
        threading.Thread(target=work, name="busy").start()
        begun.wait()
        print("ready", flush=True)
        def sleep():
            time.sleep(60)
        sleep()
    """
    with Listening(tmp_path, code) as program:
        program.until("ready")
        dump = program.ask("dump")
        deadline = time.monotonic() + 30
        while not dump["interpreter"]["answered"]:  # a busy machine
            assert time.monotonic() < deadline
            dump = program.ask("dump")
        threads = {thread["name"]: thread for thread in dump["threads"]}
        assert threads["busy"]["state"] == "running"
        assert functions(threads["busy"])[0] == "work"
        deadline = time.monotonic() + 30
        while "sleep" not in functions(program.thread("MainThread")):
            assert time.monotonic() < deadline


def test_a_deep_stack_is_told_up_to_a_depth(tmp_path: Path) -> None:
    code = """
        import threading
        def deep(levels):
            if levels: deep(levels - 1)
            else: threading.Event().wait()
        threading.Thread(target=deep, args=(200,), name="deep").start()
    """
    with Listening(tmp_path, code) as program:
        program.until_waiting("deep", "Event")
        stack = program.thread("deep")["stack"]
        assert stack["is_cut"]
        assert [frame["function"] for frame in stack["frames"]] == ["deep"] * 64
        assert "… and more outside of these" in ironthread("dump", program.pid).stdout


def test_a_wait_inside_a_signal_handler_shows_then_the_wait_around_it(tmp_path: Path) -> None:
    code = """
        import signal, threading
        def handler(*_):
            inner()
        def inner():
            print("inside", flush=True)
            release.wait()
        release, never = threading.Event(), threading.Event()
        signal.signal(signal.SIGUSR1, handler)
        def outer():
            never.wait()
        def let_go():
            input()
            release.set()
        threading.Thread(target=let_go, daemon=True).start()
        print("ready", flush=True)
        outer()
    """
    with Listening(tmp_path, code) as program:
        program.until("ready")
        program.until_waiting("MainThread", "Event")
        assert functions(program.thread("MainThread"))[0] == "outer"
        program.signal(signal.SIGUSR1)
        program.until("inside")
        deadline = time.monotonic() + 30
        while functions(program.thread("MainThread"))[:3] != ["inner", "handler", "outer"]:
            assert time.monotonic() < deadline, program.thread("MainThread")
        program.tell()
        while functions(program.thread("MainThread"))[0] != "outer":
            assert time.monotonic() < deadline, program.thread("MainThread")


def test_a_thread_that_waited_before_is_asked_for(tmp_path: Path) -> None:
    code = """
        import threading
        from ironthread import Event, diagnosis
        event = Event()
        def wait_early():
            event.wait()
        thread = threading.Thread(target=wait_early, daemon=True)
        thread.start()
        from ironthread import _core
        while not any(row["waiting"] for row in _core.watch_snapshot()["threads"]): pass
        diagnosis.listen()
        print("ready", flush=True)
        input()
    """
    with Listening(tmp_path, code, "-P") as program:
        program.until("ready")
        deadline = time.monotonic() + 30
        while True:
            threads = program.ask("dump")["threads"]
            found = [thread for thread in threads if thread["waiting"]]
            if found and found[0]["stack"]:
                break
            assert time.monotonic() < deadline, threads
        assert functions(found[0])[0] == "wait_early"


def test_names_and_files_do_nothing_to_a_terminal(tmp_path: Path) -> None:
    code = """
        import threading
        event = threading.Event()
        namespace = {"event": event}
        exec(compile("def f(): event.wait()", "file\\x1b[2J", "exec"), namespace)
        threading.Thread(target=namespace["f"], name="evil\\x1b]0;title\\x07\\nname").start()
    """
    with Listening(tmp_path, code) as program:
        program.until_waiting("evil\x1b]0;title\x07\nname", "Event")
        for command in ("dump", "stats"):
            done = ironthread(command, program.pid)
            assert done.returncode == 0
            assert "\x1b" not in done.stdout
            assert "evil?]0;title??name" in done.stdout


def test_the_numbers_come_as_json(tmp_path: Path) -> None:
    code = """
        import queue, threading
        jobs = queue.Queue()
        def work():
            while True: jobs.get()
        for number in range(3):
            threading.Thread(target=work, name=f"worker-{number}").start()
        jobs.put(1)
    """
    with Listening(tmp_path, code) as program:
        for number in range(3):
            program.until_waiting(f"worker-{number}", "Queue.get")
        done = ironthread("stats", program.pid, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        stats = json.loads(done.stdout)
        assert stats["version"] == 1
        assert stats["process"]["id"] == program.pid
        assert stats["interpreter"]["answered"] is None
        assert all("stack" not in thread for thread in stats["threads"])
        (row,) = (row for row in stats["waits"] if row["kind"] == "Queue.get")
        assert row["made_at"] == {"file": str(program.script), "line": 3}
        assert row["waiting"] == 3
        assert 0 < row["waiting_longest"] < 60
        text = ironthread("stats", program.pid).stdout
        for line in (
            r"^ *\d+ +worker-0 +.* +Queue.get for .*made at .*app.py:3$",
            r"^QUEUES\n.*\n\S*app.py:3 +1 +1 +\S+ +1 ",
            r"^WAITS\n.*\n(.*\n)*Queue.get +\S*app.py:3 +1 +3 ",
        ):
            assert re.search(line, text, re.MULTILINE), text


def test_a_dump_is_written_at_a_signal_while_the_interpreter_is_held(tmp_path: Path) -> None:
    # Of the main thread, which takes the signal: it must not end the call.
    held = HELD.replace("hold(3_000_000)", "sum(itertools.repeat(1, 300_000_000))")
    held = held.replace("    thread.start()\n    thread.join()", "    call_c()")
    with Listening(
        tmp_path, "    import itertools\n" + held, *RUN[:-1], "--dump-signal=QUIT"
    ) as program:
        program.until("ready")
        program.tell()
        program.until("now")
        who = "── ironthread ──" if FREE_THREADED else "The interpreter is held by thread 1 "
        text = until_dumped(program, who)
        if not FREE_THREADED:
            assert 'held by thread 1 "MainThread"' in text
        assert '"blocked"' in text
        assert "in block\n" in text
        program.until("over")
        assert program.wait() == 0
        assert not path_of(program.pid).exists()


def test_a_dump_is_written_at_a_signal_while_everything_is_deadlocked(tmp_path: Path) -> None:
    with Listening(tmp_path, DEADLOCK, *RUN, "--dump-signal", "SIGUSR1") as program:
        program.until_waiting("one", "Lock")
        program.until_waiting("two", "Lock")
        for count in (1, 2):
            program.signal(signal.SIGUSR1)
            deadline = time.monotonic() + 30
            while (text := program.stderr()).count("─" * 80) < count:
                assert time.monotonic() < deadline, text
                time.sleep(0.005)
        assert text.count("in take_other\n") == 4


def test_a_reader_of_standard_error_that_stalls_harms_nobody(tmp_path: Path) -> None:
    code = """
        import os, signal, threading
        reading, writing = os.pipe()
        os.dup2(writing, 2)
        os.set_blocking(writing, False)
        try:
            while True: os.write(writing, bytes(4096))
        except BlockingIOError:
            pass
        os.set_blocking(writing, True)
        os.kill(os.getpid(), signal.SIGQUIT)
        print("signalled", flush=True)
        input()
    """
    with Listening(tmp_path, code, *RUN, "--dump-signal=QUIT") as program:
        program.until("signalled")
        assert program.ask("stats")["process"]["id"] == program.pid


@pytest.mark.parametrize("way", ["close", "fork"])
def test_the_signal_means_what_it_meant_after_close_and_in_a_child(
    tmp_path: Path, way: str
) -> None:
    code = f"""
        import os, signal
        from ironthread import diagnosis
        # In the background of a script it is ignored.
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
        diagnosis.dump_on(signal.SIGQUIT)
        diagnosis.dump_on(signal.SIGQUIT)
        try:
            diagnosis.dump_on(signal.SIGUSR2)
        except FileExistsError:
            print("one only", flush=True)
        if {way!r} == "close":
            diagnosis.close()
            os.kill(os.getpid(), signal.SIGQUIT)
        else:
            child = os.fork()
            if child == 0:
                os.kill(os.getpid(), signal.SIGQUIT)
                os._exit(0)
            assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGQUIT
            os.kill(os.getpid(), signal.SIGKILL)
    """
    with Listening(tmp_path, code, "-P") as program:
        program.until("one only")
        expected = signal.SIGQUIT if way == "close" else signal.SIGKILL
        assert program.wait() == -expected
        assert "ironthread" not in program.stderr()


def test_a_handler_that_the_program_sets_later_keeps_the_signal(tmp_path: Path) -> None:
    code = """
        import os, signal
        from ironthread import diagnosis
        diagnosis.dump_on(signal.SIGQUIT)
        signal.signal(signal.SIGQUIT, lambda *_: print("ours", flush=True))
        diagnosis.close()
        os.kill(os.getpid(), signal.SIGQUIT)
    """
    with Listening(tmp_path, code, "-P") as program:
        program.until("ours")
        assert program.wait() == 0


@pytest.mark.parametrize("number", [0, 9, 11, 10_000, -1])
def test_what_cannot_be_handled_is_an_error(number: int) -> None:
    from ironthread import diagnosis

    try:
        with pytest.raises(OSError, match=r"Invalid argument|tells of a fault"):
            diagnosis.dump_on(number)
        assert "ironthread-dump" not in thread_names()
    finally:
        diagnosis.close()


@needs_root
@pytest.mark.skipif(FREE_THREADED, reason="needs an interpreter that can be held")
def test_where_the_holder_cannot_be_seen_it_is_inferred_and_said_so(tmp_path: Path) -> None:
    # A process that has changed its user may not look into its own memory.
    code = (
        "    import itertools"
        + AS_ANOTHER
        + """
    from ironthread import Event, Thread
    ironthread.diagnosis.dump_on(3)
    event = Event()
    Thread(target=event.wait, name="innocent", daemon=True).start()
    print("now", flush=True)
    sum(itertools.repeat(1, 300_000_000))
    """
    )
    with Listening(tmp_path, code, "-P") as program:
        program.until("now")
        text = until_dumped(program, "which thread holds it")
        (names,) = re.findall(r"which thread holds it cannot be seen here. Inferred: (.*)", text)
        assert '"MainThread"' in names
        assert "innocent" not in names


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (["dump"], 2, "dump needs the number of a process"),
        (["dump", "app.py"], 2, "dump cannot do with 'app.py'"),
        (["stats", "1", "2"], 2, "stats cannot do with '2'"),
        (["top", "1", "--json"], 2, "top cannot do with '--json'"),
        (["top", "1", "--interval", "never"], 2, "an interval is a number of seconds"),
        (["dump", "4194305"], 1, "there is no process 4194305"),
        (["run", "--dump-signal", "X", "app.py"], 2, "unknown signal 'X'"),
        (["run", "--dump-signal=KILL", "app.py"], 2, "can't have questions answered: "),
    ],
)
def test_what_cannot_be_asked_is_one_clear_line(
    arguments: list[str], status: int, problem: str
) -> None:
    done = ironthread(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(f"ironthread: {problem}")
    assert done.stderr.count("\n") == 1


def test_a_process_that_does_not_listen_is_told_how_it_could(tmp_path: Path) -> None:
    with Listening(tmp_path, "input()", *RUN[:-1]) as program:
        for command in ("dump", "stats", "top"):
            done = ironthread(command, program.pid)
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr.startswith(f"ironthread: process {program.pid} does not listen: ")
            assert "ironthread run --listen" in done.stderr


def test_a_killed_programs_socket_is_no_program(tmp_path: Path) -> None:
    with Listening(tmp_path, "print('ready', flush=True); input()") as program:
        program.until("ready")
        program.signal(signal.SIGSTOP)
        program.signal(signal.SIGKILL)
        program.wait()
        assert path_of(program.pid).exists()
        done = ironthread("dump", program.pid)
        assert done.stderr == f"ironthread: there is no process {program.pid}\n"
        path_of(program.pid).unlink()
