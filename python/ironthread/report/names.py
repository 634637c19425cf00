"""Names of threads, and other text, as it fits on a line."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ironthread.report.collect import Thread


def label(thread: Thread) -> str:
    """What a thread is called in the report."""
    return thread.name or f"(thread {thread.ident})"


def pattern(text: str) -> str:
    """The text with `*` for each number in it."""
    parts = groupby(text, str.isdecimal)
    return "".join("*" if is_number else "".join(part) for is_number, part in parts)


def families(names: Sequence[str], most: int = 2) -> str:
    """The names in a few words: those that differ in numbers only as one, the most first."""
    counts = Counter(pattern(name) for name in names)
    first = {pattern(name): name for name in reversed(names)}
    told = [
        first[family] if count == 1 else f"{family} × {count}"  # noqa: RUF001
        for family, count in counts.most_common(most)
    ]
    if len(counts) > most:
        told.append("others")
    return ", ".join(told)


def cut(text: str, length: int) -> str:
    """The text on one line of at most so many characters."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= length else text[: length - 1] + "…"


def wrapped(text: str, width: int) -> list[str]:
    """The text on lines of at most so many characters, as far as its words allow."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines
