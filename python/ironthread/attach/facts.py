"""Parts of an answer, in words for people."""

from __future__ import annotations

from ironthread.report.place import place
from ironthread.report.table import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LABEL = 28
_PLACE = 40
_STATES = {"R": "runs", "S": "runs, asleep in the system", "D": "runs, asleep in the system"}


def printable(text: str) -> str:
    """The text on one line, harmless to a terminal: names are the program's."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def label(thread: dict[str, Any]) -> str:
    """The name of a thread."""
    name = printable(thread["name"] or f"(thread {thread['id']})")
    return name if len(name) <= _LABEL else name[: _LABEL - 1] + "…"


def place_of(made_at: dict[str, Any] | None) -> str:
    """A line of the program."""
    if made_at is None:
        return "(before the start)"
    return printable(place((made_at["file"], made_at["line"]), "", _PLACE))


def doing(thread: dict[str, Any]) -> str:
    """What a thread does now."""
    waiting = thread["waiting"]
    if waiting is None:
        return _STATES.get(thread["kernel_state"], "runs")
    text = f"{waiting['kind']} for {duration(waiting['seconds'])}"
    if waiting["made_at"] is not None:
        text += f", made at {place_of(waiting['made_at'])}"
    if waiting["holder"] is not None:
        relation = "held by" if waiting["kind"] in ("Lock", "RLock") else "which depends on"
        text += f", {relation} {label(waiting['holder'])}"
    return text


def held(answer: dict[str, Any]) -> str:
    """Who holds the interpreter."""
    interpreter = answer["interpreter"]
    if interpreter["state"] == "free":
        return "no thread holds the interpreter"
    if interpreter["state"] == "unknown":
        return "who holds the interpreter cannot be seen"
    holder = interpreter["holder"]
    name = (
        f"a thread that has not met ironthread ({holder['native_id']})"
        if holder["id"] is None
        else label(holder)
    )
    seconds = interpreter["held_at_least_seconds"]
    # A thread that came between two looks says nothing of a length.
    if seconds < interpreter["look_seconds"]:
        return f"the interpreter is held by {name}"
    return f"the interpreter is held by {name}, at every look for {duration(seconds)}"
