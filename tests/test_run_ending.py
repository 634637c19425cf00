"""Under `ironthread run` a program ends as it ends under python, and the report comes last.

What python does is asked of python itself: a program is run both ways, and the results compared.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from python_process import assert_as_python, quiet, run, start, write


@pytest.mark.parametrize(
    "ending",
    [
        "pass",
        "sys.exit()",
        "sys.exit(0)",
        "sys.exit(3)",
        "sys.exit(True)",
        "sys.exit(-1)",
        "sys.exit(261)",
        "sys.exit('a message')",
        "sys.exit(['a', 1])",
        "sys.exit(2.5)",
        "raise SystemExit",
        "raise SystemExit(4)",
        "os._exit(7)",
        "os.kill(os.getpid(), signal.SIGTERM)",
        "os.execv(sys.executable, [sys.executable, '-c', 'raise SystemExit(6)'])",
        "atexit.register(print, 'at exit')",
        "threading.Thread(target=lambda: print(1 / 0)).start()",
    ],
)
def test_the_exit_status_is_that_of_the_program(tmp_path: Path, ending: str) -> None:
    write(tmp_path / "app.py", f"import atexit, os, signal, sys, threading\n{ending}\n")
    assert_as_python("app.py", cwd=tmp_path)


FAILURES = {
    "plain": "def f():\n    return 1 / 0\nf()",
    "raised from": "try:\n    {}['x']\nexcept KeyError as e:\n    raise ValueError('v') from e",
    "context": "try:\n    {}['x']\nexcept KeyError:\n    int('y')",
    "group": "raise ExceptionGroup('several', [ValueError(1), KeyError(2)])",
    "notes": "e = ValueError('v')\ne.add_note('a note')\nraise e",
    "in an import": "import json\njson.loads('{')",
    "missing import": "import no_such_module_at_all",
    "syntax": "print('before')\ndef f(:\n    pass\n",
    "indentation": "if True:\nprint('x')\n",
    "unclosed": "x = (1,\n",
    "base exception": "class B(BaseException): pass\nraise B('b')",
    "generator exit": "raise GeneratorExit",
    "own hook": "import sys\nsys.excepthook = lambda *a: print('hook', a[0], sys.exc_info())\n1/0",
    "failing hook": "import sys\ndef h(*a):\n    {}['h']\nsys.excepthook = h\n1/0",
    "hook that exits": "import sys\nsys.excepthook = lambda *a: sys.exit(9)\n1/0",
    "no hook": "import sys\ndel sys.excepthook\n1/0",
    "warning": "import warnings\nwarnings.warn('careful')\nassert 1 is 1",
    "last exception": "import atexit, sys\n"
    "atexit.register(lambda: print(sys.last_type, sys.last_value, sys.last_traceback.tb_lineno))\n"
    "1/0",
    "in a thread": "import threading\nt = threading.Thread(target=lambda: {}['x'], name='T')\n"
    "t.start()\nt.join()",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_an_uncaught_exception_is_shown_as_python_shows_it(tmp_path: Path, failure: str) -> None:
    write(tmp_path / "app.py", FAILURES[failure])
    done = assert_as_python("app.py", cwd=tmp_path)
    assert "ironthread" not in done.stderr


@pytest.mark.parametrize("place", ["package.module", "package.broken", "broken", "package"])
def test_a_traceback_of_a_module_shows_the_frames_of_the_program_only(
    tmp_path: Path, place: str
) -> None:
    write(tmp_path / "broken" / "__init__.py", "def f():\n    raise LookupError('mine')\nf()")
    write(tmp_path / "package" / "__init__.py", "")
    write(tmp_path / "package" / "module.py", "import broken")
    write(tmp_path / "package" / "__main__.py", "import broken")
    write(tmp_path / "package" / "broken.py", "def f(:")
    done = quiet("-m", place, cwd=tmp_path)
    assert done.returncode == 1
    assert not re.search("ironthread|importlib|runpy|zipimport", done.stderr)
    shown = re.findall(r'File "(.*)", line', done.stderr)
    assert shown
    assert all(file.startswith(str(tmp_path)) for file in shown)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_keyboard_interrupt_ends_with_a_traceback_and_status_130(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "def f():\n    raise KeyboardInterrupt\nf()")
    expected = start(["app.py"], cwd=tmp_path)
    done = quiet("app.py", cwd=tmp_path)
    assert done.stderr == expected.stderr
    assert expected.returncode == -signal.SIGINT
    assert done.returncode == 130


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_kind_of_keyboard_interrupt_ends_so_where_python_takes_it_for_one(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "class K(KeyboardInterrupt): pass\nraise K")
    expected = start(["app.py"], cwd=tmp_path)
    done = quiet("app.py", cwd=tmp_path)
    assert done.stderr == expected.stderr
    # Until 3.13 it ends like any other exception.
    assert expected.returncode == (-signal.SIGINT if sys.version_info >= (3, 14) else 1)
    assert done.returncode == {-signal.SIGINT: 130}.get(expected.returncode, expected.returncode)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_interrupts_a_wait_of_the_main_thread(tmp_path: Path) -> None:
    write(
        tmp_path / "app.py",
        """
        import os, signal, threading
        threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
        threading.Event().wait(30)
        """,
    )
    done = run("app.py", cwd=tmp_path)
    assert done.returncode == 130
    traceback, _, report = done.stderr.partition("── ironthread")
    assert traceback.endswith("KeyboardInterrupt\n")
    assert re.findall(r'File "(.*)", line (\d+), in <module>', traceback) == [
        (str(tmp_path / "app.py"), "4")
    ]
    assert "Event" in report


def test_threads_that_are_no_daemons_are_waited_for_before_the_report(tmp_path: Path) -> None:
    write(
        tmp_path / "app.py",
        """
        import atexit, sys, threading, time
        def work():
            time.sleep(0.3)
            print("thread", file=sys.stderr)
        atexit.register(print, "at exit", file=sys.stderr)
        threading.Thread(target=work, name="late").start()
        print("main", file=sys.stderr)
        """,
    )
    done = run("app.py", cwd=tmp_path)
    lines = done.stderr.splitlines()
    assert lines[:3] == ["main", "thread", "at exit"]
    assert lines[3].startswith("── ironthread")
    assert "late" in done.stderr


def test_what_the_program_printed_comes_before_the_report(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "print('output')")
    done = run("app.py", cwd=tmp_path, stderr=subprocess.STDOUT)
    assert done.stdout.startswith("output\n── ironthread")


def test_a_daemon_thread_that_still_waits_neither_hinders_the_end_nor_is_left_out(
    tmp_path: Path,
) -> None:
    write(
        tmp_path / "app.py",
        """
        import queue, threading, time
        jobs = queue.Queue()
        threading.Thread(target=jobs.get, daemon=True, name="server").start()
        time.sleep(0.1)
        """,
    )
    done = run("app.py", cwd=tmp_path)
    assert done.returncode == 0
    assert re.search(r"still waiting.*\nserver +Queue.get +app\.py:3 ", done.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_child_prints_no_report(tmp_path: Path) -> None:
    write(
        tmp_path / "app.py",
        """
        import os, sys, threading
        pid = os.fork()
        if pid == 0:
            t = threading.Thread(target=print, args=["child"])
            t.start()
            t.join()
            sys.exit(5)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """,
    )
    done = run("app.py", cwd=tmp_path)
    assert done.stdout == "child\n5\n"
    assert done.stderr.count("── ironthread") == 1


def test_a_program_that_leaves_at_once_gets_no_report(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "import os; os._exit(7)")
    done = run("app.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.parametrize(
    "closing",
    [
        "sys.stderr.close()",
        "sys.stderr = None",
        "sys.stderr = sys.__stderr__ = None",
        "os.close(2)",
        "sys.stdout.close()",
        "os.close(1)",
        "sys.stdout = None",
    ],
)
def test_closed_standard_streams_change_nothing(tmp_path: Path, closing: str) -> None:
    write(tmp_path / "app.py", f"import os, sys\n{closing}\nsys.exit(3)")
    done = run("app.py", cwd=tmp_path)
    expected = start(["app.py"], cwd=tmp_path)
    assert done.returncode == expected.returncode
    assert re.sub("── ironthread.*", "", done.stderr, flags=re.DOTALL) == expected.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes")
def test_a_reader_of_standard_error_that_left_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "import sys; sys.exit(3)")
    reader, writer = os.pipe()
    os.close(reader)
    done = run("app.py", cwd=tmp_path, stderr=writer)
    os.close(writer)
    assert done.returncode == 3
