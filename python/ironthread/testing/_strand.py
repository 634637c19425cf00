"""Who meets faults: a thread, or a call of a pool.

What a strand meets depends on the seed and on what the strand itself does, never on the schedule:
each has streams of its own, told apart by who started it, its name, and how many of that name came
before. A pool's call is a strand because it is up to the schedule which worker makes it.
"""

from __future__ import annotations

import re
import threading
from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The numbers in the names that threads are given count all threads of the process, so that another
# one in a test before would change them.
_NUMBERED = re.compile(r"^(Thread|Dummy|ThreadPoolExecutor|WorkStealingExecutor)-\d+")

_UNIT = 2.0**-64


class Strand:
    """A line of work with streams of random numbers of its own. Used by one thread at a time."""

    def __init__(self, seed: int | str, name: str, parent: Strand | None = None) -> None:
        self.name = _NUMBERED.sub(r"\1", name)
        self.path = self.name if parent is None else parent._path_of_next(self.name)
        self.injected = 0
        self._seed = seed
        self._drawn: dict[tuple[str, str], int] = {}
        self._begun: dict[str, int] = {}

    def child(self, name: str) -> Strand:
        """The strand of a thread that this one starts, or of a call that it submits."""
        return Strand(self._seed, name, self)

    def draw(self, site: str, kind: str) -> tuple[float, float]:
        """The next two numbers, from 0 to below 1, for this kind of fault at this site."""
        count = self._drawn.get((site, kind), 0)
        self._drawn[site, kind] = count + 1
        key = "\0".join((repr(self._seed), self.path, site, kind, str(count)))
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        return int.from_bytes(digest[:8]) * _UNIT, int.from_bytes(digest[8:]) * _UNIT

    def _path_of_next(self, name: str) -> str:
        count = self._begun[name] = self._begun.get(name, 0) + 1
        return f"{self.path}/{name}#{count}" if count > 1 else f"{self.path}/{name}"


def current_thread() -> Any:
    """The thread that runs; None where `threading.current_thread()` would make a dummy."""
    return threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
