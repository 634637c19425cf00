"""Decides which operations meet a fault, and notes those that do."""

from __future__ import annotations

import threading
from fnmatch import fnmatchcase

from ironthread.testing._caller import Callers, site_of
from ironthread.testing._log import Injection
from ironthread.testing._strand import Strand, current_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from ironthread.testing._options import Options

# Where a thread keeps the strand that it was started with, and whose it is.
_ATTRIBUTE = "_ironthread_strand"


class Site:
    """An operation that a strand is about to do, called from a line that is chosen."""

    __slots__ = ("_frame", "_injector", "_name", "_operation", "_strand")

    def __init__(
        self, injector: Injector, strand: Strand, frame: FrameType, operation: str
    ) -> None:
        self._injector = injector
        self._strand = strand
        self._frame = frame
        self._operation = operation
        self._name = site_of(frame, operation)

    def meets(self, kind: str) -> bool:
        """Whether it meets this fault; notes it then."""
        return self.drawn(kind, 0.0) is not None

    def drawn(self, kind: str, limit: float) -> float | None:
        """How much of the fault it meets, below `limit`; None: it does not. Notes it."""
        chance = self._injector.options.chances.get(kind)
        if not chance:
            return None
        first, second = self._strand.draw(self._name, kind)
        if first >= chance:
            return None
        amount = second * limit
        self._note(kind, amount)
        return amount

    def delay(self) -> tuple[float, float]:
        """How many seconds to wait before the operation, and how many after it."""
        chance = self._injector.options.chances.get("delay")
        if not chance:
            return 0.0, 0.0
        first, second = self._strand.draw(self._name, "delay")
        if first >= chance:
            return 0.0, 0.0
        # The first half of the range says before, the second after.
        seconds = second * 2 % 1 * self._injector.options.longest_delay
        self._note("delay", seconds)
        return (seconds, 0.0) if second < 0.5 else (0.0, seconds)

    def _note(self, kind: str, seconds: float) -> None:
        strand, frame = self._strand, self._frame
        strand.injected += 1
        injection = Injection(
            strand.path,
            strand.injected,
            kind,
            self._operation,
            frame.f_code.co_filename,
            frame.f_lineno or 0,
            seconds,
        )
        self._injector.log.append(injection)


class Injector:
    """The faults of one block."""

    def __init__(self, seed: int | str, options: Options) -> None:
        self.options = options
        self.log: list[Injection] = []
        self.is_on = True
        self._seed = seed
        self._callers = Callers(options.where)
        self._local = threading.local()

    def site(self, instance: object, operation: str) -> Site | None:
        """The site of the caller's caller, if faults are for it."""
        frame = self._callers.direct(2) if self.is_on else None
        return self._site_at(frame, instance, operation)

    def outer_site(self, instance: object, operation: str) -> Site | None:
        """The same, for what libraries do on behalf of the program: the innermost chosen frame."""
        frame = self._callers.innermost(2) if self.is_on else None
        return self._site_at(frame, instance, operation)

    def _site_at(self, frame: FrameType | None, instance: object, operation: str) -> Site | None:
        only = self.options.only
        if frame is None or (only is not None and not isinstance(instance, only)):
            return None
        strand = self.strand()
        return Site(self, strand, frame, operation) if self._concerns(strand) else None

    def _concerns(self, strand: Strand) -> bool:
        patterns = self.options.threads
        return patterns is None or any(
            fnmatchcase(strand.name, pattern) or fnmatchcase(strand.path, pattern)
            for pattern in patterns
        )

    def strand(self) -> Strand:
        """That of the thread that runs."""
        try:
            strand: Strand = self._local.strand
        except AttributeError:
            strand = self._local.strand = self._first_strand()
        return strand

    def _first_strand(self) -> Strand:
        thread = current_thread()
        if thread is None:
            return Strand(self._seed, "Dummy-0")
        injector, strand = vars(thread).get(_ATTRIBUTE, (None, None))
        # One that ran before goes by its name.
        return strand if injector is self else Strand(self._seed, thread.name)

    def give(self, thread: Any) -> None:
        """Give a thread that is about to be started its strand."""
        vars(thread)[_ATTRIBUTE] = self, self.strand().child(thread.name)

    def exchange(self, strand: Strand) -> Strand:
        """Have the thread that runs be this strand; return which it was."""
        before = self.strand()
        self._local.strand = strand
        return before
