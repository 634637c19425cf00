"""What was injected."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class InjectedError(RuntimeError):
    """What a pool's call raises that was chosen to fail, unless another exception was asked for."""


@dataclass(frozen=True, order=True, slots=True)
class Injection:
    """A fault that was injected.

    thread: the thread, by the names of those that started it, its own last: `MainThread/worker#2`
        is the second of that name that the main thread started. A pool's call stands for a thread:
        it goes by who submitted it, and its function.
    number: of the faults of this thread, from 1.
    kind: the name of the option: `timeout`, `spurious`, `delay`, `start`, `task`, `full`, `empty`.
    operation: what was called, such as `Queue.get`.
    file: who called it.
    line: where in that file.
    seconds: how long a delay was, or the pause before a spurious wake-up at most; else 0.
    """

    thread: str
    number: int
    kind: str
    operation: str
    file: str
    line: int
    seconds: float = 0.0

    def __str__(self) -> str:
        place = f"{os.path.basename(self.file)}:{self.line}"
        lasted = f" ({self.seconds * 1000:.2f} ms)" if self.seconds else ""
        return f"{self.thread}: {self.kind} in {self.operation}, {place}{lasted}"


def told(replay: str, log: Sequence[Injection], most: int) -> str:
    """What was injected, in words: how to repeat it, and the first `most` faults."""
    if not log:
        return f"{replay} injected nothing"
    counts = Counter(injection.kind for injection in log)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    lines = [f"{replay} injected {kinds}:"]
    lines += [f"  {injection}" for injection in log[:most]]
    if len(log) > most:
        lines.append(f"  and {len(log) - most} more")
    return "\n".join(lines)
