"""What is known of a peer: how to make a side of it, and which operations it can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

from measure.operation import Operation
from measure.side import Side
from operations import OPERATIONS


@dataclass(frozen=True)
class Peer:
    """A package that may be installed."""

    name: str
    make: Callable[[], Side]
    """Imports it."""
    titles: tuple[str, ...]
    """Of the operations that it has its own way of doing."""

    @property
    def version(self) -> str | None:
        """That of the installed package; None when it is missing."""
        try:
            return version(self.name)
        except PackageNotFoundError:
            return None

    @property
    def operations(self) -> list[Operation]:
        """Those of the titles."""
        by_title = {operation.title: operation for operation in OPERATIONS}
        return [by_title[title] for title in self.titles]


def module(**names: Any) -> ModuleType:
    """Names as a module has them, so that the same source does for both sides."""
    made = ModuleType("peer")
    vars(made).update(names)
    return made


NONE = module()
