"""Prints the CPython interpreters of this machine that ironthread supports, one path a line.

One for each minor version and build (with the GIL, free-threaded): of several the one that came
with CPython's own tests (package `test`), then the newest. They are looked for on PATH and among
the versions of pyenv.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 11)
NEWEST = (3, 15)
OLDEST_FREE_THREADED = (3, 14)
TOO_OLD = re.compile(r"2\.|3\.(\d|10)\.")
PATIENCE = 30
"""Seconds that an interpreter has to answer."""

PROBE = """
import importlib.util, json, sys, sysconfig
try:
    tests = importlib.util.find_spec("test.lock_tests") is not None
except ImportError:
    tests = False
print(json.dumps({
    "path": getattr(sys, "_base_executable", None) or sys.executable,
    "implementation": sys.implementation.name,
    "version": list(sys.version_info[:3]),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "tests": tests,
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """What an interpreter says about itself."""

    path: str
    implementation: str
    version: tuple[int, int, int]
    free_threaded: bool
    tests: bool

    @property
    def build(self) -> tuple[tuple[int, ...], bool]:
        """Minor version and build, of which one interpreter is wanted."""
        return self.version[:2], self.free_threaded

    @property
    def supported(self) -> bool:
        """Whether ironthread can run there."""
        oldest = OLDEST_FREE_THREADED if self.free_threaded else OLDEST
        return self.implementation == "cpython" and self.version[:2] >= oldest


def names() -> Iterator[str]:
    """The commands that interpreters go by."""
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        yield f"python3.{minor}"
        if minor >= OLDEST_FREE_THREADED[1]:
            yield f"python3.{minor}t"


def on_path() -> Iterator[Path]:
    """Every such command in every directory of PATH."""
    for directory in os.get_exec_path():
        for name in names():
            found = shutil.which(name, path=directory)
            if found:
                yield Path(found)


def of_pyenv() -> Iterator[Path]:
    """The interpreters that pyenv has, whether or not they are switched on."""
    if not shutil.which("pyenv"):
        return
    root = Path(_output("pyenv", "root").strip() or ".")
    for version in _output("pyenv", "versions", "--bare").splitlines():
        if not TOO_OLD.match(version):
            yield root / "versions" / version / "bin" / "python3"


def probe(path: Path) -> Interpreter | None:
    """Ask an interpreter what it is; None when it does not run (pyenv's shims may not)."""
    answer = _output(str(path), "-I", "-c", PROBE)
    if not answer:
        return None
    fields = json.loads(answer)
    return Interpreter(**fields | {"version": tuple(fields["version"])})


def _output(*command: str) -> str:
    """What the command prints; nothing when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def interpreters() -> list[Interpreter]:
    """One interpreter for each minor version and build."""
    best: dict[tuple[tuple[int, ...], bool], Interpreter] = {}
    for path in dict.fromkeys([*on_path(), *of_pyenv()]):
        found = probe(path)
        if found is None or not found.supported:
            continue
        known = best.get(found.build)
        if known is None or (found.tests, found.version) > (known.tests, known.version):
            best[found.build] = found
    return [best[build] for build in sorted(best)]


if __name__ == "__main__":
    for interpreter in interpreters():
        print(interpreter.path)
