"""Runs a page of the documentation: its program in one process, its commands in one session of a shell."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

from documentation import ROOT, Block, Command, blocks, program, session

LIMIT_SECONDS = 40.0
"""For the program and for the session of one page; most take less than one."""

# In front of the status of each command in what the session prints.
_SEPARATOR = "\x1e"
_UNITS = "ns|µs|ms|s|min|h|B|kB|MB|%"
_UNIT = rf"(?: ?(?:{_UNITS})(?!\w))"
_WILD = re.compile(
    rf"(?P<any>…)|(?P<number>\d+\.\d+{_UNIT}?|\d+{_UNIT})|(?P<space>[ \t]+)|(?P<rule>──+)"
)


def run_page(page: Path, directory: Path) -> list[str]:
    """Run what is on a page, in an empty directory; return what does not hold."""
    try:
        found = blocks(page.read_text(encoding="utf-8"))
        commands = session(found)
    except ValueError as problem:
        return [f"{page.name}: {problem}"]
    problems = [wrong for block in found if (wrong := _data(block))]
    (directory / "examples").symlink_to(ROOT / "examples")
    for block in found:
        if block.file and not block.not_run:
            path = directory / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    if source := program(found):
        problems += _run_program(source, page, directory)
    if commands:
        problems += _run_session(commands, directory)
    return [f"{page.name}: {problem}" for problem in problems]


def _data(block: Block) -> str:
    """What is wrong with a block of data."""
    read = {"json": json.loads, "toml": tomllib.loads}.get(block.language)
    if read and not block.not_run:
        try:
            read("\n".join(block.lines))
        except ValueError as problem:
            return f"line {block.line}: {problem}"
    return ""


def _run_program(source: str, page: Path, directory: Path) -> list[str]:
    script = directory / f"{page.stem}_page.py"
    script.write_text(source, encoding="utf-8")
    command = [sys.executable, "-X", "faulthandler", script.name]
    status, output = _run(command, directory)
    return [] if status == 0 else [f"its program ends with status {status}:\n{output}"]


def _run_session(commands: list[Command], directory: Path) -> list[str]:
    script = "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n" + "".join(
        f"{command.text}\n"
        # The next command may ask for the status with `$?`.
        f"status=$?; printf '\\n{_SEPARATOR}%d\\n' $status; (exit $status)\n"
        for command in commands
    )
    status, output = _run(["bash", "--norc", "-c", script], directory)
    parts = re.split(rf"\n{_SEPARATOR}(\d+)\n", output)
    printed, statuses = parts[::2], parts[1::2]
    if len(statuses) < len(commands):
        stuck = commands[len(statuses)]
        return [
            f"line {stuck.line}: `{stuck.text}` does not come to its end (status {status}):\n{output}"
        ]
    problems = []
    for command, text, ended, after in zip(
        commands, printed, statuses, [*commands[1:], None], strict=False
    ):
        if ended != "0" and not (after and after.text == "echo $?"):
            problems.append(
                f"line {command.line}: `{command.text}` ends with status {ended}:\n{text}"
            )
        elif command.output is not None and not is_shown(
            command.output, text.splitlines(), command.in_any_order
        ):
            shown = "\n".join(command.output)
            problems.append(
                f"line {command.line}: `{command.text}` prints\n{text}\nand not\n{shown}"
            )
    return problems


def is_shown(expected: list[str], printed: list[str], in_any_order: bool = False) -> bool:
    """Whether that is what a page shows; with `in_any_order`, paragraph by paragraph.

    `…` stands for any text, on a line of its own for any lines. Times, sizes and shares differ from run to
    run: a number with a point or a unit stands for any such.
    """
    if in_any_order:
        left = _paragraphs(printed)
        for paragraph in _paragraphs(expected):
            found = next((each for each in left if is_shown(paragraph, each)), None)
            if found is None:
                return False
            left.remove(found)
        return not left
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else _pattern(line.rstrip()) + r" *\n"
        for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def _paragraphs(lines: list[str]) -> list[list[str]]:
    text = "\n".join(lines).strip("\n")
    return [paragraph.splitlines() for paragraph in re.split(r"\n\n+", text)]


def _pattern(line: str) -> str:
    stands_for = {
        "any": ".*",
        "number": rf"\d+(?:\.\d+)?{_UNIT}?",
        "space": "[ \t]+",
        "rule": "──+",
    }
    made, last = [], 0
    for wild in _WILD.finditer(line):
        made += [re.escape(line[last : wild.start()]), stands_for[str(wild.lastgroup)]]
        last = wild.end()
    return "".join(made) + re.escape(line[last:])


def _run(command: list[str], directory: Path) -> tuple[int, str]:
    """Run a command with ours first in the path; return its status and all that it wrote.

    Output goes to a file: what a session leaves behind would keep a pipe open.
    """
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }
    written = directory / "written.txt"
    with written.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # faulthandler writes the stacks
            status = process.wait()
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return status, written.read_text(encoding="utf-8", errors="replace")
