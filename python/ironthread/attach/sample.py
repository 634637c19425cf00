"""An answer to "stats", compared with the one before."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LATER_MEMBERS = {"locks": (), "queues": (), "pools": ()}


class Sample:
    """An answer to "stats", and how it differs from the one before."""

    def __init__(self, answer: dict[str, Any], before: Sample | None) -> None:
        # A program of an earlier version tells of waits only.
        self.answer: dict[str, Any] = {**_LATER_MEMBERS, **answer}
        self._moment: float = answer["process"]["moment"]
        self._cpu: dict[int, float] = {
            thread["id"]: thread["cpu_seconds"] or 0.0 for thread in answer["threads"]
        }
        self._counts: dict[object, int] = {
            ("waits", key(row)): row["count"] for row in answer["waits"]
        }
        self._counts |= {("puts", key(row)): row["puts"] for row in self.answer["queues"]}
        self._counts |= {("done", key(row)): row["ran"]["count"] for row in self.answer["pools"]}
        # Not the whole chain of those before.
        self._before = (before._moment, before._cpu, before._counts) if before else None

    def processor_share(self, thread: dict[str, Any]) -> float:
        """The share of one processor that the thread has used since the sample before."""
        if self._before is None:
            return self._cpu[thread["id"]] / max(float(thread["age_seconds"]), 1e-9)
        moment, cpu, _ = self._before
        used = self._cpu[thread["id"]] - cpu.get(thread["id"], 0.0)
        return max(used, 0.0) / max(self._moment - moment, 1e-9)

    def rate(self, what: str, row: dict[str, Any], count: int) -> float:
        """How many of what is counted there were a second since the sample before."""
        if self._before is None:
            return count / max(self.answer["process"]["recorded_seconds"] or 0, 1e-9)
        moment, _, counts = self._before
        new = count - counts.get((what, key(row)), 0)
        return max(new, 0) / max(self._moment - moment, 1e-9)


def line(row: dict[str, Any]) -> tuple[str, int] | None:
    """Where what a row is of was made."""
    made_at = row["made_at"]
    return made_at and (made_at["file"], made_at["line"])


def key(row: dict[str, Any]) -> object:
    """What a row is of: the same in every answer."""
    return row.get("kind", row.get("name")), line(row)
