"""What `faults()` was asked for, checked."""

from __future__ import annotations

from ironthread.testing._targets import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeAlias

    # One, or several.
    Patterns: TypeAlias = str | Iterable[str]
    Classes: TypeAlias = str | type | Iterable[str | type]
    Raised: TypeAlias = type[BaseException] | BaseException

DEFAULT_DELAY_SECONDS = 0.001


class Options:
    """How probable each kind of fault is, and whom faults are for."""

    def __init__(
        self,
        chances: dict[str, float],
        delay: float | tuple[float, float],
        task: float | tuple[float, Raised],
        only: Classes | None,
        where: Patterns | None,
        threads: Patterns | None,
    ) -> None:
        only, where, threads = map(_kept, (only, where, threads))
        delay_chance, longest = delay if isinstance(delay, tuple) else (delay, None)
        task_chance, error = task if isinstance(task, tuple) else (task, None)
        given = {**chances, "delay": delay_chance, "task": task_chance}
        self.chances = {kind: _chance(kind, chance) for kind, chance in given.items()}
        self.longest_delay = DEFAULT_DELAY_SECONDS if longest is None else _seconds(longest)
        self.error = None if error is None else _exception(error)
        self.only = None if only is None else _classes(only)
        self.where = None if where is None else _patterns("where", where)
        self.threads = None if threads is None else _patterns("threads", threads)
        self._shown = {**chances, "delay": delay, "task": task}
        self._filters = {"only": only, "where": where, "threads": threads}

    def source(self, seed: int | str) -> str:
        """The call that repeats this."""
        said = [f"seed={seed!r}"]
        said += [f"{kind}={_source(value)}" for kind, value in self._shown.items() if value]
        filters = ((name, value) for name, value in self._filters.items() if value is not None)
        said += [f"{name}={_source(value)}" for name, value in filters]
        return f"faults({', '.join(said)})"


def _kept(value: Any) -> Any:
    """What can be gone through again."""
    return value if value is None or isinstance(value, (str, type)) else tuple(value)


def _source(value: object) -> str:
    if isinstance(value, tuple):
        inside = ", ".join(map(_source, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return NAMES.get(value, value.__qualname__) if isinstance(value, type) else repr(value)


def _chance(kind: str, chance: float) -> float:
    if isinstance(chance, bool) or not isinstance(chance, (int, float)):
        raise TypeError(f"{kind} must be a probability, not {type(chance).__name__}")
    if not 0 <= chance <= 1:
        raise ValueError(f"{kind} must be a probability from 0 to 1, not {chance}")
    return float(chance)


def _seconds(longest: float) -> float:
    if isinstance(longest, bool) or not isinstance(longest, (int, float)):
        raise TypeError(f"a delay must be a number of seconds, not {type(longest).__name__}")
    if not 0 <= longest <= 3600:
        raise ValueError(f"a delay must be from 0 to 3600 seconds, not {longest}")
    return float(longest)


def _exception(error: Raised) -> Raised:
    if isinstance(error, BaseException) or (
        isinstance(error, type) and issubclass(error, BaseException)
    ):
        return error
    raise TypeError(f"what a task raises must be an exception, not {error!r}")


def _patterns(name: str, patterns: str | Iterable[str]) -> tuple[str, ...]:
    several = (patterns,) if isinstance(patterns, str) else tuple(patterns)
    if not all(isinstance(pattern, str) for pattern in several):
        raise TypeError(f"{name} must be a pattern, or several, not {patterns!r}")
    return several


def _classes(only: Classes) -> tuple[type, ...]:
    several = (only,) if isinstance(only, (str, type)) else tuple(only)
    return tuple(_class_of(one) for one in several)


def _class_of(one: str | type) -> type:
    if isinstance(one, type):
        return one
    for cls, name in NAMES.items():
        if name == one:
            return cls
    known = ", ".join(sorted(set(NAMES.values())))
    raise ValueError(f"only knows classes, and the names {known}; not {one!r}")
