"""Finds the code of a program that is a script, a directory or a zip file.

The machinery of imports is taken from where the interpreter has it: `importlib` itself, and what it
imports, may never be loaded by the program.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader, SourcelessFileLoader

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
        variables: dict[str, object] = {
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
    if path.endswith(".pyc") or content.startswith(MAGIC_NUMBER):
        compiled = SourcelessFileLoader("__main__", file)
        return Located(file, compiled, lambda: compiled.get_code("__main__"))
    # Compiled from what was read: the file may be a pipe.
    return Located(
        file,
        SourceFileLoader("__main__", file),
        lambda: _compiled(content, file),
    )


def _compiled(content: bytes, file: str) -> CodeType:
    """The code of a script. Raises the interpreter's own errors."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        # compile() takes such bytes in a comment, which the interpreter does not.
        if not _declares_encoding(content):
            raise _not_utf8(content, error.start, file) from None
    code: CodeType = compile(content, file, "exec", dont_inherit=True)
    return code


def _not_utf8(content: bytes, start: int, file: str) -> SyntaxError:
    line = content.count(b"\n", 0, start) + 1
    message = (
        f"Non-UTF-8 code starting with '\\x{content[start]:02x}' in file "
        f"{file} on line {line}, but no encoding declared; "
        "see https://peps.python.org/pep-0263/ for details"
    )
    if sys.version_info >= (3, 14):
        try:
            compile(content, file, "exec", dont_inherit=True)
        except SyntaxError as error:
            # The interpreter tells it with the line. (It may be another error, which comes second.)
            if error.msg.startswith("Non-UTF-8"):
                end = (error.end_lineno, error.end_offset)
                return SyntaxError(message, (file, error.lineno, error.offset, error.text, *end))
    return SyntaxError(message)


def _declares_encoding(content: bytes) -> bool:
    """Whether one of the first two lines may say its encoding, or a mark does (PEP 263)."""
    head = content.split(b"\n", 2)[:2]
    is_told = any(b"coding:" in line or b"coding=" in line for line in head)
    return is_told or content.startswith(b"\xef\xbb\xbf")


def importable(path: str) -> Located | None:
    """The `__main__.py` in the directory or zip file `path`; None when it is neither."""
    finder = _finder(path)
    if finder is None:
        return None
    spec = finder.find_spec("__main__")
    if spec is None or spec.loader is None:
        raise CannotRun(f"can't find a __main__.py in {path!r}")
    return from_spec(spec)


def _finder(path: str) -> Any:
    for hook in sys.path_hooks:
        try:
            return hook(absolute(path))
        except ImportError:
            continue
    return None


def from_spec(spec: ModuleSpec) -> Located:
    """The program that a module's specification describes."""
    loader: Any = spec.loader
    return Located(str(spec.origin), loader, lambda: loader.get_code(spec.name), spec)
