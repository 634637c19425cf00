"""`ironthread top` in a real terminal: tmux is the terminal, and its screen is what is looked at."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from listening import Listening, ironthread
from python_process import CLEAN, PATIENCE

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the server is Linux's"),
    pytest.mark.skipif(
        shutil.which("tmux") is None,
        reason="needs tmux, a terminal to look at (Debian's package tmux)",
    ),
]

PROGRAM = """
    import queue, threading
    from concurrent.futures import ThreadPoolExecutor
    pool = ThreadPoolExecutor(1)
    lock = threading.Lock()
    jobs = queue.Queue()
    def ask():
        pool.submit(jobs.get).result()
    def take():
        lock.acquire()
    def get():
        jobs.get()
    def burn():
        while True: pass
    lock.acquire()
    for name in ("locked-a", "locked-b"):
        threading.Thread(target=take, name=name, daemon=True).start()
    threading.Thread(target=get, name="getter", daemon=True).start()
    threading.Thread(target=ask, name="asker", daemon=True).start()
    threading.Thread(target=burn, name="burner", daemon=True).start()
    input()
    for _ in range(2): jobs.put(None)
"""


def _shows(screen: str, pattern: str) -> bool:
    return re.search(pattern, screen, re.MULTILINE | re.DOTALL) is not None


class Terminal:
    """A terminal of its own tmux server."""

    def __init__(self, directory: Path, command: list[str]) -> None:
        self._socket = directory / "tmux"
        self._run("new-session", "-d", "-x", "150", "-y", "30", shlex.join(command) + "; cat")

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-f", "/dev/null", "-S", str(self._socket), *arguments],
            env=CLEAN | {"TERM": "xterm", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def until(self, pattern: str) -> str:
        """Wait until the screen shows this; return the screen."""
        deadline = time.monotonic() + PATIENCE
        before = None
        # The same twice in a row: what is looked at while it is drawn is half old.
        while (screen := self.screen()) != before or not _shows(screen, pattern):
            assert time.monotonic() < deadline, f"{pattern!r} is not shown:\n{screen}"
            before = screen
            time.sleep(0.02)
        return screen

    def close(self) -> None:
        self._run("kill-server")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Listening]:
    with Listening(tmp_path, PROGRAM) as program:
        program.until_waiting("locked-a", "Lock")
        program.until_waiting("locked-b", "Lock")
        program.until_waiting("getter", "Queue.get")
        program.until_waiting("asker", "Future")
        yield program


@pytest.fixture
def terminal(program: Listening, tmp_path: Path) -> Iterator[Terminal]:
    command = [sys.executable, "-m", "ironthread", "top", str(program.pid), "--interval", "0.2"]
    terminal = Terminal(tmp_path, command)
    yield terminal
    terminal.close()


def names(screen: str) -> list[str]:
    """The names of the threads from top to bottom."""
    return re.findall(r"^ *\d+ +(\S+) +\d+%", screen, re.MULTILINE)


def test_threads_are_shown_with_what_they_do_and_sorted_as_asked(terminal: Terminal) -> None:
    screen = terminal.until(r"\[1 threads\].*is doing.*burner")
    assert re.search(
        r"^ *\d+ +locked-a .* Lock for .* made at .*app.py:5, held by MainThread",
        screen,
        re.MULTILINE,
    )
    assert re.search(r"^ *\d+ +getter .* Queue.get for .* made at .*app.py:6", screen, re.MULTILINE)
    # By processor share, the greatest first.
    assert names(terminal.until(r"CPU%▼[^\n]*\n *\d+ +burner"))[0] == "burner"
    terminal.press("<")
    found = names(terminal.until("name▼"))
    assert found == sorted(found, reverse=True)
    terminal.press("r")
    found = names(terminal.until("name▲"))
    assert found == sorted(found)
    assert set(found) >= {"MainThread", "burner", "getter", "locked-a", "locked-b"}


def test_figures_are_refreshed_and_can_be_paused(terminal: Terminal) -> None:
    def waited(screen: str) -> str:
        (found,) = re.findall(r"getter .* Queue.get for (.*?), made at", screen)
        return str(found)

    first = waited(terminal.until("getter .* Queue.get for"))
    terminal.until(rf"getter [^\n]* Queue.get for (?!{re.escape(first)},)")
    terminal.press("Space")
    paused = terminal.until("paused")
    terminal.press("2")
    terminal.until(r"\[2 locks\]")
    terminal.press("1")
    assert waited(terminal.until("getter .* Queue.get for")) == waited(paused)


def test_locks_queues_and_pools_have_views_of_their_own(terminal: Terminal) -> None:
    terminal.until(r"\[1 threads\]")
    terminal.press("2")
    # Kind, place, objects, and two that wait; acquired once.
    terminal.until(r"\[2 locks\].*^Lock +\S*app.py:5 +1 +2 +\S+ +(\S+ )?s? +1 +")
    terminal.press("Tab")
    # Put, got, typical and greatest depth: nothing; and two that wait.
    terminal.until(r"\[3 queues\].*^\S*app.py:6 +1 +0 +0\.0 +0 +0 +0 +.* +2 +")
    terminal.press("4")
    # One worker, in a call, and none that waits for it.
    terminal.until(r"\[4 pools\].*^\S+ +\S*app.py:4 +1 +1 +0 +")
    terminal.press("5")
    terminal.until(r"\[5 waits\].*^Queue.get +\S*app.py:6 +1 +2 ")
    terminal.until(r"\[5 waits\].*^Future .* +1 ")


def test_it_ends_when_asked(terminal: Terminal) -> None:
    terminal.until(r"\[1 threads\]")
    terminal.press("q")
    screen = terminal.until(r"\A\s*\Z")
    assert "ironthread" not in screen


def test_it_ends_with_the_program_and_says_so(program: Listening, terminal: Terminal) -> None:
    terminal.until(r"\[1 threads\]")
    program.signal(9)
    program.wait()
    terminal.until(f"ironthread: there is no process {program.pid}")


def test_without_a_terminal_it_says_so(program: Listening) -> None:
    done = ironthread("top", program.pid)
    assert done.returncode == 1
    assert done.stderr == "ironthread: top needs a terminal (see ironthread stats)\n"
