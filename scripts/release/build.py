"""Builds what is published, and checks each piece of it as its users get it.

Usage: ``python build.py [--whole] [PYTHON…]``; without interpreters, those of this machine. The
sdist, and a wheel for each interpreter, come to ``build/dist``. pip installs the sdist: it builds a
wheel of what is in there, and cargo has no network for that. Runs in the development environment.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from contents import wrong_with
from installed import SOURCE, check, version
from interpreters import interpreters

DIST = SOURCE / "build" / "dist"
BUILD_SECONDS = 1800
ENVIRONMENT = {**os.environ, "CARGO_TARGET_DIR": str(SOURCE / "target" / "release-check")}


def maturin(*arguments: str) -> Path:
    """Have maturin make one file, and return it; raise CalledProcessError when it does not."""
    before = set(DIST.iterdir())
    command = [sys.executable, "-m", "maturin", *arguments, "--out", str(DIST)]
    subprocess.run(command, cwd=SOURCE, env=ENVIRONMENT, timeout=BUILD_SECONDS, check=True)
    (made,) = set(DIST.iterdir()) - before
    return made


def checked(made: Path) -> Path:
    """The file, if its contents and its name are right; SystemExit else."""
    if not made.name.startswith(f"ironthread-{version()}"):
        sys.exit(f"{made.name} is not version {version()}")
    if wrong := wrong_with(made):
        sys.exit("\n".join([f"{made.name}:", *wrong]))
    print(f"   {made.name}: contents are right ({made.stat().st_size // 1024} KiB)", flush=True)
    return made


def check_sdist(python: str, whole: bool) -> None:
    """Make the sdist; have pip build it, install that, and use it."""
    print("== sdist", flush=True)
    sdist = checked(maturin("sdist"))
    os.environ["CARGO_TARGET_DIR"] = ENVIRONMENT["CARGO_TARGET_DIR"]
    check(python, str(sdist), whole)


def check_wheel(python: str, whole: bool) -> None:
    """Make the wheel for one interpreter, and use it."""
    print(f"== wheel for {python}", flush=True)
    wheel = checked(maturin("build", "--release", "--locked", "--interpreter", python))
    check(python, str(wheel), whole)


def main() -> int:
    """Build and check everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", metavar="PYTHON")
    parser.add_argument("--whole", action="store_true", help="run all Python tests on each")
    wanted = parser.parse_args()
    pythons = wanted.pythons or [interpreter.path for interpreter in interpreters()]
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    try:
        for python in pythons:
            check_wheel(python, wanted.whole)
        check_sdist(pythons[0], wanted.whole)
        twine = [sys.executable, "-m", "twine", "check", "--strict", *map(str, DIST.iterdir())]
        subprocess.run(twine, check=True)
    except subprocess.SubprocessError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
