"""Deadlocks, put into words: the exception, the report, and what is done about them.

The engine finds them (`ironthread::observe::deadlock` in the crate says how, and why it invents
none). It calls `_error()` where a wait ends with the exception, and `_tell()` in the thread that
found one that lasts. That thread is in the middle of its wait, and others are stuck: see
`_explain.py` for what must not be done then.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import sys

from ironthread import _core, _explain
from ironthread._blocks import handler_lines
from ironthread._origin import is_program
from ironthread._taken import Taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

    from ironthread._core.deadlock import Found, Link, Mode
    from ironthread._core.order import TakenRow

_WITH = ("with ", "with(", "async with ")

_NO_LINES = (
    "(The lines that made what is waited for are noted under `ironthread run` with a report.)"
)

_NO_TAKINGS = "(Where each lock was taken is noted under `ironthread run --lock-order`.)"

# More threads than these are counted and not shown.
_MOST_MEMBERS = 20


class Member:
    """A thread of a deadlock."""

    __slots__ = (
        *("blocks", "held", "ident", "name", "origin", "orphaned", "owner"),
        *("seconds", "stack", "unbegun", "waits_for"),
    )

    def __init__(
        self,
        name: str,
        ident: int,
        waits_for: str,
        origin: tuple[str, int] | None,
        seconds: float,
        owner: str | None,
        stack: list[tuple[str, int, str]],
        unbegun: bool = False,
        orphaned: bool = False,
        blocks: list[tuple[str, int]] | None = None,
        held: list[Taken] | None = None,
    ) -> None:
        self.name = name
        self.ident = ident
        self.waits_for = waits_for
        """The kind of thing it waits for: "Lock", "RLock", "Thread.join", "Future", "Event", ..."""
        self.origin = origin
        """File and line that made that thing, where it was recorded."""
        self.seconds = seconds
        """How long it has waited."""
        self.owner = owner
        """The name of the thread that has to bring it about, where that is known."""
        self.stack = stack
        """File, line and function of its frames, the innermost last."""
        self.unbegun = unbegun
        """Whether it waits for a call that no worker of its pool has begun."""
        self.orphaned = orphaned
        """Whether the thread that holds it has ended."""
        self.blocks = blocks or []
        """File and line of the `with` statements whose blocks it is in, the innermost last: what it
        took there it holds."""
        self.held = held or []
        """The locks it holds, in the order in which it took them: all of them, and where, while the
        order of locks is watched; else those that others in the deadlock wait for."""

    def __repr__(self) -> str:
        owner = "" if self.owner is None else f", owner={self.owner!r}"
        return f"<Member {self.name!r} waits_for={self.waits_for!r}{owner}>"

    def sentence(self) -> str:
        """What it waits for, since when, and whose it is."""
        made, owned = _VERBS.get(self.waits_for, ("made", "held"))
        awaited = _AWAITED.get(self.waits_for, f"a {self.waits_for}")
        if self.origin is not None:
            awaited += f" {made} at {_explain.place(*self.origin)}"
        if self.owner is not None:
            awaited += f", {owned} by {self.owner}" if owned else f": {self.owner}"
        if self.orphaned:
            awaited += f", {owned} by a thread that has ended"
        if self.unbegun:
            awaited += ", which no worker of its pool has begun"
        return f"{self.name} waits for {awaited} (since {self.seconds:.1f} s)"

    def possessions(self) -> Iterator[str]:
        """A line for each lock it holds, and for each block it is in."""
        told: list[tuple[str, int]] = []
        for held in self.held:
            where = ""
            if held.stack:
                file, line, _ = held.stack[-1]
                told.append((file, line))
                where = f", taken at {_explain.place(file, line)}: {_explain.source(file, line)}"
            yield f"    holds {held}{where}"
        for block in self.blocks:
            if block not in told:
                yield f"    within {_explain.place(*block)}: {_explain.source(*block)}"


_AWAITED = {
    "RLock": "an RLock",
    "Event": "an Event",
    "Thread.join": "the end of a thread",
    "Thread.start": "a thread to begin",
    "Future": "the outcome of a call",
    "Queue.get": "an item of a queue",
    "Queue.put": "room in a queue",
    "Queue.join": "all items of a queue to be done",
    "work": "a call to make",
    "submit": "a place in a pool",
}
# How it came to be there, and what its owner does with it; for what is neither made nor held.
_VERBS = {
    "Thread.join": ("started", ""),
    "Thread.start": ("started", ""),
    "Future": ("made", "run"),
}


class Deadlock:
    """Threads that wait in vain."""

    def __init__(self, nature: str, members: list[Member]) -> None:
        self.nature = nature
        """"certain": only they could end their waits; "likely": there is a plain lock among what
        they wait for, which any thread may release, or a call that has not begun and may be
        cancelled; "all asleep": there is no other thread."""
        self.members = members
        """Each waits for the next, the last one for the first; or all of the process. Who waits for
        a call that has not begun waits for all workers of its pool."""

    def __repr__(self) -> str:
        names = ", ".join(member.name for member in self.members)
        return f"<Deadlock {self.nature}: {names}>"

    def __str__(self) -> str:
        """An explanation, for people."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.headline() + ":"
        for member in self.members[:_MOST_MEMBERS]:
            yield ""
            yield member.sentence()
            yield from member.possessions()
            yield from _explain.frames(member.stack)
        if len(self.members) > _MOST_MEMBERS:
            yield f"\nand {len(self.members) - _MOST_MEMBERS} more threads"
        wrong, cure = self._diagnosis()
        yield ""
        yield f"What is wrong: {wrong}"
        yield f"How it is usually cured: {cure}"
        if any(member.origin is None for member in self.members):
            yield _NO_LINES
        unplaced = [member.held for member in self.members if not member.blocks]
        if any(not lock.stack for locks in unplaced for lock in locks):
            yield _NO_TAKINGS

    def headline(self) -> str:
        """What it is, in a few words."""
        count = len(self.members)
        if self.nature == "all asleep":
            who = {1: "the only thread waits", 2: "both threads wait"}
            which = "it" if count == 1 else "them"
            begin = who.get(count, f"all {count} threads wait")
            return f"{begin}, and nobody is left to wake {which}"
        if any(member.unbegun for member in self.members):
            return "all workers of a pool wait for calls that none is left to begin"
        if count == 1 and self.members[0].orphaned:
            return "a thread waits for a lock whose holder has ended"
        if count == 1:
            return "a thread waits for itself"
        return f"{count} threads wait for one another"

    def _diagnosis(self) -> tuple[str, str]:
        """What is wrong, and how it is usually cured."""
        kinds = {member.waits_for for member in self.members}
        if any(member.orphaned for member in self.members):
            return (
                "a thread has ended without having released a lock, and the lock stays held.",
                "take locks by `with`, or release them in a finally clause; a lock that is to be "
                "released by another thread has to be a Lock, not an RLock.",
            )
        if self.nature == "all asleep":
            return (
                "each thread waits for another to do something, and none is left to do it.",
                "look for what was missed: a notify() before its wait() (wait in a loop, for a "
                "condition of the data), a set(), put() or task_done() that an exception skipped, "
                "one sentinel for several consumers. A time limit on the wait shows the place.",
            )
        if any(member.unbegun for member in self.members):
            return (
                "all workers of a pool wait, directly or not, for calls that a worker of that same "
                "pool has to begin, and none is left.",
                "have calls return futures instead of waiting for them, submit what they wait for "
                "to a pool of its own, or use a WorkStealingExecutor, whose workers make the calls "
                "they wait for.",
            )
        if len(self.members) == 1:
            return (
                "the thread waits for what only itself could bring about.",
                "for a lock: take an RLock, or split the function into one that takes the lock "
                "and one that expects it held. A thread cannot join itself, nor wait for the "
                "outcome of the call it is making.",
            )
        if kinds == {"Future"}:
            return (
                "each call waits for another's outcome, and that one, in the end, for its own.",
                "have one of them return without the other's outcome, and submit what needs both "
                "when they are done.",
            )
        if kinds == {"Thread.join"}:
            return (
                "each thread waits for another's end, and that one, in the end, for its own.",
                "join threads from the one that started them; to wait for a step of another, and "
                "not for its end, take an Event or a queue.",
            )
        if "Future" in kinds:
            return (
                "a call's outcome is waited for by a thread that holds what the call needs.",
                "let go of the lock before result(), or ask for the result before taking it.",
            )
        if "Thread.join" in kinds:
            return (
                "a thread's end is waited for by a thread that it waits for itself.",
                "let go of the lock before join(), or join before taking it.",
            )
        return (
            "each thread holds what the next one waits for, so none of them can go on.",
            "have all threads take these locks in the same order, or guard what they protect by "
            "one lock instead; acquire(timeout=...) at least bounds the wait.",
        )


class DeadlockError(RuntimeError):
    """A wait that would never have ended: the threads in it wait for one another.

    Raised in the thread that closed the circle, which leaves everything as it was before the call.
    """

    __module__ = "ironthread"  # as tracebacks name it

    def __init__(self, deadlock: Deadlock) -> None:
        super().__init__(str(deadlock))
        self.deadlock = deadlock
        """Who waits for what."""

    def __reduce__(self) -> tuple[type[RuntimeError], tuple[str]]:
        # The threads are those of this process: what can be sent is the text.
        return RuntimeError, (str(self),)


class _Settings:
    """What is done about deadlocks that last, beyond what the engine knows."""

    hook: Callable[[Deadlock], object] | None = None
    # The process ends with this status after one was told.
    exit_status: int | None = None
    # Whether the main thread is done and waits for the others, as the interpreter has it do.
    main_is_over = False


settings = _Settings()


class deadlocks:  # noqa: N801 (used like a function)
    """What is to be done about deadlocks, in a `with` block: for the whole process, then as before.

    mode: certain ones, of which only their members could end the waits, raise `DeadlockError`
        whatever this says but "off". "report": others are told on standard error when they have
        stood for half a second. "raise": circles with a plain lock in them raise, too. "off":
        none is looked for. None: as it is ("report" at first).
    all_asleep: whether it is told when all threads of the process wait without a time limit and
        none is left that could wake another. None: as it is (False at first).
    hook: is called with the `Deadlock`, in a thread that waits in it, instead of telling.
    """

    def __init__(
        self,
        mode: Mode | None = None,
        *,
        all_asleep: bool | None = None,
        hook: Callable[[Deadlock], object] | None = None,
    ) -> None:
        current_mode, current_all_asleep = _core.deadlock_mode()
        self._mode = current_mode if mode is None else mode
        self._all_asleep = current_all_asleep if all_asleep is None else all_asleep
        self._hook = settings.hook if hook is None else hook

    def __enter__(self) -> None:
        self._before = (
            _core.set_deadlock_mode(self._mode),
            _core.set_tell_all_asleep(self._all_asleep),
            settings.hook,
        )
        settings.hook = self._hook

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        mode, all_asleep, hook = self._before
        _core.set_deadlock_mode(mode)
        _core.set_tell_all_asleep(all_asleep)
        settings.hook = hook


def _of(found: Found) -> Deadlock:
    frames = sys._current_frames()
    links = found["links"]
    names = _names(links)
    members = [
        Member(
            name=names[link["id"]],
            ident=link["ident"],
            waits_for=link["kind"],
            origin=link["origin"],
            seconds=link["seconds"],
            owner=None if link["owner"] is None else names.get(link["owner"]),
            stack=_stack(frames.get(link["ident"])),
            unbegun=link["unbegun"],
            orphaned=link["orphaned"],
            blocks=_blocks_of(frames.get(link["ident"])),
            held=_held_by(link, links),
        )
        for link in links
    ]
    return Deadlock(found["nature"], members)


def _held_by(link: Link, links: list[Link]) -> list[Taken]:
    """What is known of the locks that a thread holds."""
    known = {row["address"] for row in link["held"]}
    # Those that others wait for, once each; taken before the order was watched, if it is.
    awaited: dict[int, TakenRow] = {
        each["address"]: {
            "kind": each["kind"],
            "address": each["address"],
            "origin": each["origin"],
            "stack": [],
        }
        for each in links
        if each["owner"] == link["id"] and each["kind"] in ("Lock", "RLock")
    }
    rows = [row for address, row in awaited.items() if address not in known]
    return [Taken(row) for row in [*rows, *link["held"]]]


def _names(links: list[Link]) -> dict[int, str]:
    """The threads' names by their numbers; those that share a name show the number, too."""
    names = {link["id"]: _explain.thread_name(link["name"], link["ident"]) for link in links}
    listed = list(names.values())
    return {
        number: name if listed.count(name) == 1 else f"{name} [{number}]"
        for number, name in names.items()
    }


def _stack(frame: FrameType | None) -> list[tuple[str, int, str]]:
    """The frames of a thread that are the program's, the innermost last; all, if none is."""
    frames: list[tuple[str, int, str]] = []
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back  # it is the thread that tells of it
    while frame is not None:
        code = frame.f_code
        frames.append((code.co_filename, frame.f_lineno or 0, code.co_name))
        frame = frame.f_back
    frames.reverse()
    own = [one for one in frames if is_program(one[0])]
    return own or frames


def _blocks_of(frame: FrameType | None) -> list[tuple[str, int]]:
    """The `with` statements of the program whose blocks a thread is in, the innermost last."""
    found: list[tuple[str, int]] = []
    while frame is not None:
        file = frame.f_code.co_filename
        if is_program(file):
            places = [(file, line) for line in handler_lines(frame)]
            found[:0] = [each for each in places if _explain.source(*each).startswith(_WITH)]
        frame = frame.f_back
    return found


def _error(found: Found) -> DeadlockError:
    """The exception for the thread whose wait ends."""
    return DeadlockError(_of(found))


def _tell(found: Found) -> None:
    """Tell of a deadlock that lasts."""
    if found["nature"] == "all asleep" and (_a_handler_may_wake_one() or _is_at_its_end()):
        return
    deadlock = _of(found)
    hook = settings.hook
    if hook is not None:
        hook(deadlock)
    else:
        _explain.tell("deadlock", deadlock.headline(), str(deadlock))
    if settings.exit_status is not None:
        os._exit(settings.exit_status)


def main_is_over() -> None:
    """Note that the main thread has nothing left to do but to wait for the others' end."""
    settings.main_is_over = True
    _core.thread_is_over(True)


def main_goes_on() -> None:
    """Note that all whose end it waited for have ended."""
    settings.main_is_over = False
    _core.thread_is_over(False)


def _is_at_its_end() -> bool:
    """Whether none is left that the end of the program waits for: daemons may sleep then."""
    threads = sys.modules.get("threading")
    others = [each for each in list(getattr(threads, "_active", {}).values()) if not each.daemon]
    return settings.main_is_over and len(others) <= 1


def _a_handler_may_wake_one() -> bool:
    """Whether the program handles a signal: then it may well be meant to sleep until one comes."""
    for number in range(1, _signal.NSIG):
        try:
            handler = _signal.getsignal(number)
        except ValueError:
            continue
        if callable(handler) and handler is not _signal.default_int_handler:
            return True
    return False


_core.deadlock_words(_error, _tell)
