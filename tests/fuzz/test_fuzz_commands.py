"""Whatever the command line says, the command runs the program or says in a line why it cannot."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from conftest import Turns
from ironthread import cli
from ironthread.attach import command as attach
from ironthread.run import CannotRun, Options
from mutation import mutated
from python_process import assert_as_python, run, start, write

VALUES = (
    *("", "0", "1", "-1", "99999999999", "9" * 4200, "9" * 5000, "1e3", "nan", "٣", "²", "\udcff"),
    *("text", "json", "html", "none", "raise", "report", "off", "abort", "QUIT", "USR1", "KILL"),
    *("_DFL", "64", "a.b", "..", ".", "x" * 300, "=", "no-such-module", "report.out", "a/b/c"),
)
OPTIONS = (
    *("--report", "--report-file", "--deadlock", "--lock-order", "--on-deadlock", "--trace"),
    *("--trace-limit", "--listen", "--dump-signal", "-m", "--", "-", "--help", "--json"),
    *("--interval", "--repor", "-x"),
)


def line(rng: random.Random, words: int = 6) -> list[str]:
    """Options and values, in any order."""
    found = []
    for _ in range(rng.randint(0, words)):
        option, value = rng.choice(OPTIONS), rng.choice(VALUES)
        found += rng.choice(([option, value], [f"{option}={value}"], [option], [value]))
    return found


def test_any_options_of_run_are_read_or_refused(turns: Turns) -> None:
    for rng in turns(3000):
        arguments = line(rng)
        try:
            options = cli._options(arguments)
        except CannotRun:
            continue
        assert options is None or isinstance(options, Options), arguments


def test_any_arguments_of_those_who_ask_are_read_or_refused(turns: Turns) -> None:
    for rng in turns(3000):
        arguments = line(rng)
        try:
            process, _, interval = attach._read(rng.choice(("dump", "stats", "top")), arguments)
        except CannotRun:
            continue
        assert 0 <= process < 10**18, arguments
        assert 0.1 <= interval <= 3600, arguments


def test_any_run_ends_with_a_status_and_a_line(turns: Turns, tmp_path: Path) -> None:
    for turn, rng in enumerate(turns(12)):
        # Its own: what a report was written to may be run by the next turn.
        program = write(tmp_path / str(turn) / "app.py", "print('it ran')")
        arguments = [*line(rng, words=3), program.name]
        done = run(*arguments, cwd=program.parent)
        # A word of these may have been taken for the program, which then does not exist.
        assert done.returncode in (0, 2), (arguments, done)
        assert "Traceback" not in done.stderr, (arguments, done)
        if done.returncode == 2:
            assert done.stderr.startswith("ironthread: "), (arguments, done)
            assert done.stderr.count("\n") == 1, (arguments, done)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--dump-signal", "99999999999", "app.py"],
        ["run", "--dump-signal", "9" * 5000, "app.py"],
        ["stats", "9" * 5000],
        ["dump", "9" * 4200],
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)
def test_these_command_lines_were_tracebacks_once(arguments: list[str], tmp_path: Path) -> None:
    write(tmp_path / "app.py", "print('it ran')")
    done = start(["-m", "ironthread", *arguments], cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert done.stderr.startswith("ironthread: ")


SOURCE = b'# -*- coding: utf-8 -*-\nimport sys\nprint("it ran", "\xc3\xa9")\nsys.exit(3)\n'
WORDS = (b"\0", b"\xff", b"coding: latin-1", b"coding: no-such", b"(", b'"""', b"\t", b"PK\3\4")


def test_any_script_ends_as_under_python(turns: Turns, tmp_path: Path) -> None:
    for rng in turns(8):
        script = tmp_path / "app.py"
        script.write_bytes(mutated(rng, SOURCE, WORDS))
        ours = run("--report", "none", script.name, cwd=tmp_path)
        theirs = start([script.name], cwd=tmp_path)
        found = (script.read_bytes(), ours, theirs)
        assert "ironthread" not in ours.stderr, found
        # Bytes that are not what they are declared to be the interpreter itself reads in one way
        # from a file, and in another for compile().
        if is_text(script.read_bytes()):
            assert ours.returncode == theirs.returncode, found
            assert ours.stdout == theirs.stdout, found


def is_text(source: bytes) -> bool:
    try:
        return bool(source.decode())
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize(
    "source",
    [
        b"# \xff\nprint(1)\n",
        b"# a\n\nprint(1)  # \xe9\n",
        b"# \xff\n'\\d'\n1 is 1\n",
        b"; -*- cod8\x9av\n",
        b"# coding: latin-1\nprint('\xe9')\n",
    ],
)
def test_a_script_in_another_encoding_has_to_say_so(source: bytes, tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_bytes(source)
    for path in (str(script), script.name):
        assert_as_python(path, env={"PYTHONIOENCODING": "utf-8"}, cwd=tmp_path)
