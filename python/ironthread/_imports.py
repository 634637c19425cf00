"""Tells `install()` when a module of the standard library has been imported.

`concurrent.futures` imports `logging`, which registers what is to happen at the end of the process.
`install()` must not bring that into programs that do without; so it waits until the program imports
the module itself. A finder in front of the others finds the watched modules as they do, and has the
module's loader call back when the module is there.
"""

from __future__ import annotations

import sys

# What `importlib.machinery` exports; it is loaded in every process, and importlib need not be.
from _frozen_importlib_external import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


_postponed: list[Callable[[], None]] = []


def postpone(step: Callable[[], None]) -> None:
    """Have `step` done when the module of ours that is being imported now is there."""
    _postponed.append(step)


def catch_up() -> None:
    """Do what was postponed; called at the end of modules of ours that import watched ones."""
    while _postponed:
        try:
            step = _postponed.pop()
        except IndexError:
            return  # another thread has the last
        step()


class Watch:
    """Calls a function after each import of one of some modules; a finder of `sys.meta_path`."""

    def __init__(self, names: frozenset[str], loaded: Callable[[], None]) -> None:
        self._names = names
        self._loaded = loaded

    def enter(self) -> None:
        """Begin to watch."""
        sys.meta_path.insert(0, self)

    def leave(self) -> None:
        """Watch no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a watched module as the path finder does; leave all others to the other finders."""
        if name not in self._names:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._loaded)  # type: ignore[assignment]
        return spec


class _Loader:
    """A loader that hands the module back to its own loader before the module's code runs."""

    def __init__(self, loader: Any, loaded: Callable[[], None]) -> None:
        self._loader = loader
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._loaded()
