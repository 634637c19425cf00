"""A step: a call of a method, and what can be seen of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hypothesis import strategies as st

from properties.turns import THREADS, Turns

Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Step:
    """A call on the object that is looked at."""

    name: str
    call: Function = field(repr=False)
    ready: Callable[[Any], bool] | None = None
    """Tells of the standard library's object whether this step would not wait for ever (None: never does)."""
    says: bool = True
    """Whether the message of its exception has to be equal."""


def method(
    name: str,
    *arguments: Any,
    ready: Callable[[Any], bool] | None = None,
    says: bool = True,
    **named: Any,
) -> Step:
    """The call of a method."""
    shown = [*map(repr, arguments), *(f"{key}={value!r}" for key, value in named.items())]
    return Step(
        f"{name}({', '.join(shown)})",
        lambda it: getattr(it, name)(*arguments, **named),
        ready,
        says,
    )


def value(name: str) -> Step:
    """A look at an attribute."""
    return Step(name, lambda it: getattr(it, name))


def unlike(name: str, *arguments: Any, **named: Any) -> Step:
    """A call with arguments that are wrong: the message may say more than the standard library's."""
    return method(name, *arguments, says=False, **named)


def plan(steps: list[Step], most: int = 25) -> st.SearchStrategy[list[tuple[int, Step]]]:
    """Sequences of steps, each with the number of the thread that does it."""
    one = st.tuples(st.integers(0, THREADS - 1), st.sampled_from(steps))
    return st.lists(one, min_size=1, max_size=most)


def seen(found: object) -> object:
    """A value that can be compared: of other objects what their repr says, without addresses."""
    if isinstance(found, tuple | list):
        return [seen(each) for each in found]
    if isinstance(found, int | float | bytes | None):
        return repr(found)
    text = re.sub(r"0x[0-9a-f]+", "0x…", found if isinstance(found, str) else repr(found))
    return text.replace("ironthread.queue.", "queue.")


def outcome(call: Function, it: object, says: bool = True) -> object:
    """What a call on the object returns or raises."""
    try:
        return seen(call(it))
    except BaseException as error:
        return (type(error), seen(str(error)) if says else None)


def run(
    turns: Turns,
    pair: tuple[Callable[[], Any], Callable[[], Any]],
    sequence: list[tuple[int, Step]],
    looks: list[Function],
) -> None:
    """Make one object of each side, do the steps on both, and compare after each."""
    standard, ours = (outcome_of_making(make) for make in pair)
    if isinstance(standard, tuple) or isinstance(ours, tuple):
        assert standard == ours
        return
    sides = (standard, ours)
    done: list[str] = []
    for thread, step in sequence:
        if step.ready is not None and not turns.do(thread, partial(step.ready, standard)):
            continue
        done.append(f"{thread}: {step.name}")
        results = [turns.do(thread, partial(outcome, step.call, it, step.says)) for it in sides]
        assert results[0] == results[1], f"{done}\nstandard: {results[0]}\nours:     {results[1]}"
        for look in looks:
            theirs, mine = (outcome(look, it) for it in sides)
            assert theirs == mine, f"after {done}\nstandard: {theirs}\nours:     {mine}"


def outcome_of_making(make: Callable[[], Any]) -> Any:
    """The object, or the class and message of the exception."""
    try:
        return make()
    except Exception as error:
        return (type(error), str(error))
