"""The commands `ironthread dump`, `stats` and `top`: their options and errors."""

from __future__ import annotations

import json
import sys

from ironthread.attach.client import CannotAsk, ask, not_understood
from ironthread.attach.facts import printable
from ironthread.run.options import CannotRun

_LEAST_INTERVAL = 0.1
_DIGITS = 18
"""No process has a longer number; the interpreter refuses to read one of thousands of digits."""
_SOMETHING_ELSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading an answer raises in which something is missing, or is something else."""


def command(name: str, arguments: list[str]) -> int:
    """Run one of the commands; return its exit status: 1 when the process does not answer.

    Raises `CannotRun` for arguments that make no sense.
    """
    process, as_json, interval = _read(name, arguments)
    try:
        try:
            return _show(name, process, as_json, interval)
        except _SOMETHING_ELSE as problem:
            raise not_understood(process, repr(problem)) from None
    except CannotAsk as problem:
        print(f"ironthread: {problem}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever reads has seen enough. (What is in the buffer has nowhere to go at exit.)
        sys.stdout = None
        return 1


def _show(name: str, process: int, as_json: bool, interval: float) -> int:
    """Ask, and show the answer; return the exit status."""
    if name == "top":
        from ironthread.attach.top import top

        return top(process, interval)
    if as_json:
        print(json.dumps(ask(process, name), indent=1))
    elif name == "dump":
        _print(ask(process, "dump", "text")["text"])
    else:
        from ironthread.attach.stats import render

        _print(render(ask(process, "stats")))
    return 0


def _print(text: str) -> None:
    # Whoever asks may be root, and a process answers what it likes: none of it moves the terminal.
    text = "\n".join(map(printable, text.split("\n")))
    encoding = sys.stdout.encoding
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def _read(name: str, arguments: list[str]) -> tuple[int, bool, float]:
    process: int | None = None
    as_json, interval = False, 1.0
    rest = list(arguments)
    while rest:
        option, equals, value = rest.pop(0).partition("=")
        if option == "--json" and name != "top" and not equals:
            as_json = True
        elif option == "--interval" and name == "top":
            interval = _interval(value if equals else rest.pop(0) if rest else "")
        elif option.isdecimal() and len(option) <= _DIGITS and not equals and process is None:
            process = int(option)
        else:
            raise CannotRun(f"{name} cannot do with {option!r} (see ironthread --help)")
    if process is None:
        raise CannotRun(f"{name} needs the number of a process (see ironthread --help)")
    return process, as_json, interval


def _interval(text: str) -> float:
    try:
        interval = float(text)
    except ValueError:
        interval = 0.0
    if not _LEAST_INTERVAL <= interval <= 3600:
        raise CannotRun(f"an interval is a number of seconds from {_LEAST_INTERVAL} on: {text!r}")
    return interval
