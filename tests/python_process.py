"""Runs Python code and programs in processes of their own, for the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

PATIENCE = 60
"""Seconds after which a process counts as hanging."""

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""The environment without settings of the interpreter that runs the tests."""

FACTS = """
    import json, re, sys
    def show(value):
        return re.sub(" at 0x[0-9a-f]+", "", repr(value))
    variables = {
        name: show(value) for name, value in list(globals().items())
        if name.startswith("__") and name != "__builtins__"
    }
    print(json.dumps({
        "variables": variables,
        "builtins": repr(type(__builtins__)),
        "module": sys.modules["__main__"].__dict__ is globals(),
        "argv": sys.argv,
        "path": sys.path,
        "flags": repr(sys.flags),
    }, indent=1))
"""
"""A program that prints what it finds: its variables, arguments, path and flags."""

Result = subprocess.CompletedProcess[str]


def start(arguments: list[str], **options: Any) -> Result:
    """Run `python arguments...` to its end and return what came of it, output as text."""
    environment = CLEAN | options.pop("env", {})
    settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    settings |= {"text": True, "encoding": "utf-8", "timeout": PATIENCE} | options
    flags = settings.pop("flags", [])
    return subprocess.run(
        [sys.executable, *flags, *arguments], env=environment, check=False, **settings
    )


def python(code: str, *arguments: str, before: str = "", **options: Any) -> str:
    """Run `code`, which has to succeed without a word on standard error; return its output."""
    program = textwrap.dedent(before) + textwrap.dedent(code)
    done = start(["-c", program, *arguments], **options)
    assert done.stderr == "", done.stderr
    assert done.returncode == 0, done
    return done.stdout


def run(*arguments: str, **options: Any) -> Result:
    """Run `python -m ironthread run arguments...`."""
    return start(["-m", "ironthread", "run", *arguments], **options)


def write(path: Path, code: str) -> Path:
    """Write a program to `path`, with the directories it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(code), encoding="utf-8")
    return path


def quiet(*arguments: str, **options: Any) -> Result:
    """Run without a report."""
    return run("--report", "none", *arguments, **options)


def assert_as_python(*arguments: str, **options: Any) -> Result:
    """Run a program under python and under `ironthread run`: the results have to be equal."""
    expected = start(list(arguments), **options)
    found = quiet(*arguments, **options)
    for what in ("stdout", "stderr", "returncode"):
        ours, theirs = getattr(found, what), getattr(expected, what)
        assert ours == theirs, f"{what}: {ours!r} instead of {theirs!r}"
    return found
