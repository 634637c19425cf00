"""Imports of our own while the program's modules are loaded."""

from __future__ import annotations

import sys

from ironthread._places import is_standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class WithoutModulesOfTheProgram:
    """Imports from a path only, and nothing that the program put under a name of the library.

    A program may have a `json.py` of its own. That one must not be what our `import json` gets.
    """

    def __init__(self, path: list[str]) -> None:
        self._path = path

    def __enter__(self) -> None:
        names = sys.stdlib_module_names
        self._hidden = {
            name: module
            for name, module in sys.modules.copy().items()
            if name.partition(".")[0] in names and not is_standard(name, module)
        }
        self._saved, sys.path = sys.path, self._path
        for name in self._hidden:
            del sys.modules[name]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sys.path = self._saved
        sys.modules.update(self._hidden)
