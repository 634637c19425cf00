"""Finds the code of a program: a script, a directory or zip file, or a module."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import SourceFileLoader, SourcelessFileLoader

from ironthread.run.options import CannotRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import CodeType
    from typing import Any


class Located:
    """A program that was found: how to get its code and what its `__main__` says of itself."""

    def __init__(
        self,
        file: str,
        loader: Any,
        code: Callable[[], CodeType | None],
        spec: ModuleSpec | None = None,
    ) -> None:
        self.file = file
        self.code = code
        self.spec = spec
        self._loader = loader

    def variables(self) -> dict[str, object]:
        """The variables of `__main__` that tell where it comes from."""
        spec = self.spec
        variables = {
            "__file__": self.file,
            "__loader__": self._loader,
            "__package__": spec.parent if spec else None,
            "__spec__": spec,
        }
        if sys.version_info < (3, 15):
            variables["__cached__"] = spec.cached if spec else None
        return variables


def absolute(path: str) -> str:
    """The absolute form that the interpreter gives a script's path: nothing is normalised."""
    return os.path.join(current_directory() or "", path)


def current_directory() -> str | None:
    """The current directory; None when it was removed."""
    try:
        return os.getcwd()
    except OSError:
        return None


def script(path: str) -> Located:
    """The script (source or compiled) in the file `path`."""
    file = absolute(path)
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except OSError as error:
        raise CannotRun(f"can't open {path!r}: {error.strerror}") from None
    if path.endswith(".pyc") or content.startswith(importlib.util.MAGIC_NUMBER):
        compiled = SourcelessFileLoader("__main__", file)
        return Located(file, compiled, lambda: compiled.get_code("__main__"))
    # Compiled from what was read: the file may be a pipe.
    return Located(
        file,
        SourceFileLoader("__main__", file),
        lambda: compile(content, file, "exec", dont_inherit=True),
    )


def importable(path: str) -> Located | None:
    """The `__main__.py` in the directory or zip file `path`; None when it is neither."""
    finder = _finder(path)
    if finder is None:
        return None
    spec = finder.find_spec("__main__")
    if spec is None or spec.loader is None:
        raise CannotRun(f"can't find a __main__.py in {path!r}")
    return _from_spec(spec)


def _finder(path: str) -> Any:
    for hook in sys.path_hooks:
        try:
            return hook(absolute(path))
        except ImportError:
            continue
    return None


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
    return _from_spec(spec)


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


def _from_spec(spec: ModuleSpec) -> Located:
    loader: Any = spec.loader
    return Located(str(spec.origin), loader, lambda: loader.get_code(spec.name), spec)
