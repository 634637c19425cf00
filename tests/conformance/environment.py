"""Throw-away virtual environments in which the tests run.

One for each side of the comparison: in the one every interpreter starts with ironthread installed
(see boot.py), the other is the plain standard library.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .lending import Loan

PACKAGE = "ironthread"
BOOT = "ironthread_boot"
"""The module that runs at interpreter start, by the name it has in the environment."""
BORROWING = "ironthread_borrowing"
"""The module that finds what another interpreter lends (see lending.py)."""
HARNESS = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Environment:
    """An interpreter to run tests with."""

    python: Path
    replaced: bool

    def variables(self, directory: Path) -> dict[str, str]:
        """The environment variables of a test process that works in `directory`."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name == "PYTHON_GIL" or not name.startswith(("PYTHON", "VIRTUAL_ENV", "COVERAGE"))
        }
        return kept | {"TMPDIR": str(directory), "LANG": "C.UTF-8"}


def package_directory() -> Path | None:
    """The directory that holds the installed package, without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent.parent


def create(
    directory: Path, package: Path | None, markers: Iterable[str] = (), loan: Loan | None = None
) -> Environment:
    """Make an environment; with `package`, one that runs on ironthread.

    `markers` are files beside `boot.py`, which looks for them: how it is installed.
    """
    venv.EnvBuilder(symlinks=os.name != "nt").create(directory)
    base = {"base": str(directory), "platbase": str(directory)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=base))
    if loan is not None:
        shutil.copyfile(HARNESS / "borrowing.py", site / f"{BORROWING}.py")
        (site / f"{BORROWING}.pth").write_text(f"import {BORROWING}\n", encoding="utf-8")
        listed = "\n".join([str(loan.directory), *loan.packages])
        (site / "lender").write_text(listed, encoding="utf-8")
    if package is not None:
        shutil.copyfile(HARNESS / "boot.py", site / f"{BOOT}.py")
        (site / f"{BOOT}.pth").write_text(f"{package}\nimport {BOOT}\n", encoding="utf-8")
        for marker in markers:
            (site / marker).touch()
    scripts = Path(sysconfig.get_path("scripts", "venv", vars=base))
    python = scripts / ("python" + (".exe" if os.name == "nt" else ""))
    return Environment(python, package is not None)


def lacks_tests() -> bool:
    """Whether this interpreter came without CPython's tests."""
    try:
        return importlib.util.find_spec("test.lock_tests") is None
    except ModuleNotFoundError:
        return True


def interpreter() -> str:
    """The version in use, for the reader."""
    free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    version = ".".join(map(str, sys.version_info[:3]))
    return f"CPython {version}{' (free-threaded)' if free else ''}"
