"""Finds the code of a program that is a module, as `python -m` does.

Imported only when a module is to be run, and before the program's directory is on the path.
"""

from __future__ import annotations

import importlib.util
import sys

from ironthread.run.locate import Located, from_spec
from ironthread.run.options import CannotRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


def module(name: str) -> Located:
    """The module `name`, or the `__main__` module of the package `name`."""
    if name.startswith("."):
        raise CannotRun(f"relative module names are not supported: {name!r}")
    spec = _module_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = _module_spec(f"{name}.__main__")
        if spec is None:
            raise CannotRun(f"{name!r} is a package without a __main__ module")
    if spec is None:
        raise CannotRun(f"no module named {name!r}")
    return from_spec(spec)


def _module_spec(name: str) -> ModuleSpec | None:
    _import_parents(name)
    try:
        return importlib.util.find_spec(name)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        hint = f" (try -m {name[:-3]})" if name.endswith(".py") else ""
        raise CannotRun(f"no module named {name!r}: {error}{hint}") from None


def _import_parents(name: str) -> None:
    """Import the packages above `name`. What goes wrong in their code is the program's affair."""
    parent = name.rpartition(".")[0]
    if not parent:
        return
    try:
        __import__(parent)
    except ImportError as error:
        missing = error.name is not None and f"{parent}.".startswith(f"{error.name}.")
        if not missing:
            raise
        raise CannotRun(f"no module named {name!r}: {error}") from None
    if name in sys.modules and not hasattr(sys.modules[name], "__path__"):
        import warnings

        warnings.warn(
            f"{name!r} was imported by its package {parent!r} before it is run; it will exist "
            "twice, which may have surprising effects",
            RuntimeWarning,
            stacklevel=2,
        )
