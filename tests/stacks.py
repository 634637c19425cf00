"""Where the threads of a hung process are, and of the processes it started, in native code too."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_GDB_SECONDS = 30.0


def processes(session: int) -> list[int]:
    """The processes of a session that are not over, in the order of their start."""
    numbers = [int(directory.name) for directory in Path("/proc").glob("[0-9]*")]
    return sorted(number for number in numbers if _is_of(number, session))


def is_running(process: int) -> bool:
    """Whether the process is not over."""
    fields = _fields(process)
    return bool(fields) and fields[0] not in "ZX"


def _is_of(process: int, session: int) -> bool:
    return is_running(process) and _fields(process)[3:4] == [str(session)]


def _fields(process: int) -> list[str]:
    """What `stat` says, from the state on."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def native_stacks(session: int) -> str:
    """What the system tells of every thread of a session, and what a debugger does, if there is one."""
    if not os.path.isdir("/proc/self/task"):
        return ""
    return "".join(_of_process(process) for process in processes(session))


def _of_process(process: int) -> str:
    lines = [f"-- process {process}: {_command(process)}\n", *_threads(process), _debugger(process)]
    return "".join(lines)


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return "(gone)"


def _threads(process: int) -> Iterator[str]:
    for task in sorted(Path(f"/proc/{process}/task").glob("*")):
        try:
            name, state = (task / "comm").read_text().strip(), _state(task)
            call = (task / "syscall").read_text().strip()
        except OSError as error:
            name, state, call = "(gone)", "", str(error)
        yield f"thread {task.name} {name}: {state}, system call {call}\n"


def _state(task: Path) -> str:
    return (task / "stat").read_text().rpartition(")")[2].split()[0]


def _debugger(process: int) -> str:
    debugger = shutil.which("gdb")
    if debugger is None:
        return ""
    command = [
        debugger,
        "-p",
        str(process),
        "-batch",
        "-nx",
        "-ex",
        "thread apply all backtrace 25",
    ]
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_GDB_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "(the debugger hangs)\n"
    return "".join(line + "\n" for line in done.stdout.splitlines() if line[:1] in ("#", "T"))
