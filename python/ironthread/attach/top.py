"""`ironthread top`: what a program's threads are doing, again and again, in a terminal.

Five views: threads; locks and the like; queues; pools; waits of every kind. Each is a table that
can be sorted by any of its columns. The rows are made in `views.py`; here is the terminal.
"""

from __future__ import annotations

import contextlib
import curses
import os
import sys
import time

from ironthread.attach.client import CannotAsk, ask
from ironthread.attach.facts import held, printable
from ironthread.attach.sample import Sample
from ironthread.attach.table import lines_of
from ironthread.attach.views import VIEWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KEYS = "1-5 tab: view   < >: sort by   r: reverse   space: pause   q: quit"


def top(process: int, interval: float) -> int:
    """Show the process until the user has seen enough, or it ends; return the exit status.

    Raises `CannotAsk` when it does not answer at first.
    """
    first = Sample(ask(process, "stats"), None)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotAsk("top needs a terminal (see ironthread stats)")
    os.environ.setdefault("ESCDELAY", "25")
    ended: str | None = curses.wrapper(_Screen(process, interval, first).show)
    if ended is not None:
        print(f"ironthread: {ended}", file=sys.stderr)
    return 0 if ended is None else 1


class _Screen:
    """The terminal, and what it shows."""

    def __init__(self, process: int, interval: float, first: Sample) -> None:
        self._process = process
        self._interval = interval
        self._sample = first
        self._view = 0
        self._orders = [view.order for view in VIEWS]
        self._paused = False

    def show(self, window: Any) -> str | None:
        """Refresh until a key ends it; return why it ended otherwise."""
        with contextlib.suppress(curses.error):  # a terminal without
            curses.curs_set(0)
        next_time = time.monotonic() + self._interval
        while True:
            self._draw(window)
            window.timeout(max(int((next_time - time.monotonic()) * 1000), 0))
            try:
                key = window.getch()
            except KeyboardInterrupt:
                return None
            if key == ord("q"):
                return None
            if key != -1:
                self._press(key)
            if time.monotonic() >= next_time:
                next_time = time.monotonic() + self._interval
                if self._paused:
                    continue
                try:
                    self._sample = Sample(ask(self._process, "stats"), self._sample)
                except CannotAsk as problem:
                    return str(problem)

    def _press(self, key: int) -> None:
        order = self._orders[self._view]
        columns = len(VIEWS[self._view].columns)
        if key == ord("\t"):
            self._view = (self._view + 1) % len(VIEWS)
        elif ord("1") <= key < ord("1") + len(VIEWS):
            self._view = key - ord("1")
        elif key in (ord("<"), curses.KEY_LEFT):
            self._orders[self._view] = order.by((order.column - 1) % columns)
        elif key in (ord(">"), curses.KEY_RIGHT):
            self._orders[self._view] = order.by((order.column + 1) % columns)
        elif key == ord("r"):
            self._orders[self._view] = order.reversed()
        elif key == ord(" "):
            self._paused = not self._paused

    def _draw(self, window: Any) -> None:
        height, width = window.getmaxyx()
        window.erase()
        view = VIEWS[self._view]
        lines = [*self._head(), self._tabs(), ""]
        table = lines_of(view, self._orders[self._view], self._sample)
        room = height - len(lines) - 1
        for row, line in enumerate(lines):
            _put(window, row, line, width)
        for row, whole in enumerate(table[: max(room, 0)]):
            line = whole[: max(width - 1, 0)]
            style = curses.A_REVERSE if row == 0 else curses.A_NORMAL
            _put(window, len(lines) + row, line.ljust(width) if row == 0 else line, width, style)
        _put(window, height - 1, _KEYS, width, curses.A_DIM)
        window.refresh()

    def _head(self) -> list[str]:
        answer = self._sample.answer
        process = answer["process"]
        pause = " · paused" if self._paused else ""
        count = len(answer["threads"]) + answer["threads_left_out"]
        return [
            f"ironthread top · process {process['id']} · {count} threads{pause} · "
            f"{printable(' '.join(process['command']))}",
            held(answer),
        ]

    def _tabs(self) -> str:
        names = [
            f"[{number} {view.name}]" if number - 1 == self._view else f" {number} {view.name} "
            for number, view in enumerate(VIEWS, 1)
        ]
        return " ".join(names)


def _put(window: Any, row: int, text: str, width: int, style: int = 0) -> None:
    # It fails in the lower right corner, and in a window that has just become smaller.
    with contextlib.suppress(curses.error):
        window.addnstr(row, 0, text, width, style)
