"""The code blocks of a page of Markdown: what they are, what of them is run, and how.

- ``python`` blocks of a page are one program, in order. One whose first line is a comment with a file's
  name (``# transfer.py``) is that file instead, in the directory in which the page is run.
- ``console`` blocks of a page are one session of a shell: lines after ``$ `` are commands (continued after
  ``> ``), the others are what they print.
- ``<!-- python`` … ``-->`` and ``<!-- console`` … ``-->`` are such blocks that readers need not see.
- ``<!-- not run: reason -->`` in front of a block leaves it out. ``<!-- output varies: reason -->`` runs its
  commands and does not look at what they print, ``<!-- order varies: reason -->`` not at the order of paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_FENCE = re.compile(r"(?P<indent> *)(?P<ticks>`{3,})(?P<language>[^\s`]*)\s*")
_MARK = re.compile(r"\s*<!-- (?P<what>not run|output varies|order varies): (?P<reason>.+) -->\s*")
_HIDDEN = re.compile(r"<!-- (?P<language>python|console)\s*")
_FILE = re.compile(r"# (?P<name>[\w/.-]+\.\w+)")
_COMMENT = re.compile(r"\s+# .*")


@dataclass(frozen=True)
class Block:
    """A block of code, `line` being the page's line of its first line of text."""

    language: str
    line: int
    lines: list[str]
    not_run: str = ""
    output_varies: str = ""
    order_varies: str = ""

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, if it is one."""
        named = (
            _FILE.fullmatch(self.lines[0]) if self.lines and self.language != "console" else None
        )
        return named["name"] if named else None


@dataclass
class Command:
    """A command of a session, and what it prints (None: that is not looked at)."""

    line: int
    text: str
    output: list[str] | None = field(default_factory=list)
    in_any_order: bool = False


def pages() -> list[Path]:
    """Every page whose code is run."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(text: str) -> list[Block]:
    """The blocks of a page. Directives of the site (``{toctree}``) are none."""
    return [block for block in _blocks(text) if not block.language.startswith("{")]


def _blocks(text: str) -> Iterator[Block]:
    lines = text.splitlines()
    mark: dict[str, str] = {}
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if marked := _MARK.fullmatch(line):
            mark = {marked["what"].replace(" ", "_"): marked["reason"]}
            continue
        if fence := _FENCE.fullmatch(line):
            end = _find(lines, number, fence["indent"] + fence["ticks"])
            inside = [each.removeprefix(fence["indent"]) for each in lines[number:end]]
            yield Block(fence["language"], number + 1, inside, **mark)
            number = end + 1
        elif hidden := _HIDDEN.fullmatch(line):
            end = _find(lines, number, "-->")
            yield Block(hidden["language"], number + 1, lines[number:end], **mark)
            number = end + 1
        if line.strip():
            mark = {}


def _find(lines: list[str], begin: int, end: str) -> int:
    for number in range(begin, len(lines)):
        if lines[number].rstrip() == end:
            return number
    raise ValueError(f"line {begin}: this block has no end")


def program(found: list[Block]) -> str:
    """The page's program. Its lines have the numbers that they have on the page, for tracebacks."""
    lines: list[str] = []
    for block in found:
        if block.language == "python" and not block.file and not block.not_run:
            lines += [""] * (block.line - 1 - len(lines)) + block.lines
    return "\n".join(lines) + "\n" if lines else ""


def session(found: list[Block]) -> list[Command]:
    """The commands of the page, in order."""
    commands: list[Command] = []
    for block in found:
        if block.language not in ("console", "sh") or block.not_run:
            continue
        first = len(commands)
        for number, line in enumerate(block.lines, block.line):
            if line.startswith("$ "):
                commands.append(Command(number, _COMMENT.sub("", line[2:])))
            elif line.startswith("> ") and len(commands) > first:
                commands[-1].text += "\n" + line[2:]
            elif len(commands) > first:
                output = commands[-1].output
                assert output is not None
                output.append(line)
            elif line.strip():
                raise ValueError(f"line {number}: a session begins with a command")
        for command in commands[first:]:
            command.in_any_order = bool(block.order_varies)
            if block.output_varies or not command.output:
                command.output = None
    return commands
