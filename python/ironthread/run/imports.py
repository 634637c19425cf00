"""Imports of our own while the program's modules are loaded."""

from __future__ import annotations

import sys
from contextlib import contextmanager

from ironthread._places import is_standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_modules_of_the_program(path: list[str]) -> Iterator[None]:
    """Import from `path` only, and nothing that the program put under a name of the library.

    A program may have a `json.py` of its own. That one must not be what our `import json` gets.
    """
    names = sys.stdlib_module_names
    hidden = {
        name: module
        for name, module in sys.modules.copy().items()
        if name.partition(".")[0] in names and not is_standard(name, module)
    }
    saved, sys.path = sys.path, path
    for name in hidden:
        del sys.modules[name]
    try:
        yield
    finally:
        sys.path = saved
        sys.modules.update(hidden)
