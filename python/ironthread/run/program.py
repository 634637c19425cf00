"""The program in the place it would have under `python`: `__main__`, `sys.argv`, `sys.path`."""

from __future__ import annotations

import builtins
import os
import sys

from ironthread.run import locate
from ironthread.run.options import CannotRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from ironthread.run.options import Options

_Module = type(sys)


class Program:
    """One program, to be loaded and executed once."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._variables = _new_main()
        self._code: CodeType | None = None

    def load(self) -> None:
        """Find the program and set its scene; for a module, its packages are imported."""
        target = self._options.target
        if self._options.is_module:
            from ironthread.run import modules  # a script does without

            sys.argv = ["-m", *self._options.arguments]
            _set_first_path(locate.current_directory())
            located = modules.module(target)
            sys.argv[0] = located.file
        else:
            sys.argv = [target, *self._options.arguments]
            located = locate.importable(target) or locate.script(target)
            if located.spec is not None:
                _set_first_path(locate.absolute(target), always=True)
            else:
                _set_first_path(os.path.dirname(os.path.realpath(target)))
        self._variables.update(located.variables())
        self._code = located.code()
        if self._code is None:
            raise CannotRun(f"{target!r} has no Python code to run")

    def execute(self) -> None:
        """Run the code to its end."""
        assert self._code is not None
        exec(self._code, self._variables)


def _new_main() -> dict[str, object]:
    """Put a fresh `__main__` module in place; return its variables."""
    main = _Module("__main__")
    vars(main)["__builtins__"] = builtins
    if sys.version_info < (3, 14):
        vars(main)["__annotations__"] = {}
    sys.modules["__main__"] = main
    return vars(main)


def _set_first_path(entry: str | None, *, always: bool = False) -> None:
    """Put `entry` where the interpreter put the directory of our own command.

    With `-P` or `PYTHONSAFEPATH` it put nothing there, and only what `always` is asked for
    (a directory or zip file, whose modules would not be found otherwise) is added.
    """
    if not sys.flags.safe_path:
        del sys.path[:1]
    elif not always:
        return
    if entry is not None:
        sys.path.insert(0, entry)
