"""The processes of one run.

A program may run its own command again in a child, as reloaders of web servers do: the child is a
run with a report of its own, and with the same options. Each process therefore notes itself and the
files it writes in an environment variable, which its children inherit.
"""

from __future__ import annotations

import os

_VARIABLE = "IRONTHREAD_RUN"


def is_child() -> bool:
    """Whether this process was started by one that runs under ironthread."""
    return bool(_above())


def own_file(file: str | None) -> str | None:
    """The file for this process to write: none that a process above writes its own to."""
    if file is None or file not in _above() or _is_special(file):
        return file
    root, suffix = os.path.splitext(file)
    return f"{root}.{os.getpid()}{suffix}"


def enter(*files: str | None) -> None:
    """Note this process and its files, for its children."""
    own = [f"{os.getpid()} {file or ''}" for file in files]
    os.environ[_VARIABLE] = "\n".join([*_entries(), *own])


def _above() -> list[str]:
    """The files of each process above, empty where there is none."""
    return [entry.partition(" ")[2] for entry in _entries()]


def _entries() -> list[str]:
    entries = os.environ.get(_VARIABLE, "").splitlines()
    # A process that became another program by `exec` is the same process.
    return [entry for entry in entries if not entry.startswith(f"{os.getpid()} ")]


def _is_special(file: str) -> bool:
    """Whether it is a device or a pipe, which no report overwrites."""
    return os.path.exists(file) and not os.path.isfile(file)
