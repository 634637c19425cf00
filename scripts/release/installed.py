"""Whether an installed ironthread works: in a new environment, away from the source tree.

Usage: ``python installed.py PYTHON WHEEL-OR-SDIST [--whole]``. PYTHON makes the environment.
``--whole`` runs all Python tests there (with the development tools), not the quick ones.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
QUICK = (
    "test_drop_in_modules.py",
    "test_lock.py",
    "test_event.py",
    "test_queue.py",
    "test_pool_submit.py",
    "test_state.py",
    "test_run_program.py",
)
COPIED = ("examples", "tests", "benchmarks", "scripts", "docs", "README.md", "pyproject.toml")
STEP_SECONDS = 900
WHOLE_SECONDS = 5400
WHERE = """
import ironthread, ironthread._core, sysconfig, sys
site = sysconfig.get_path("platlib")
for module in ironthread, ironthread._core:
    assert module.__file__.startswith(site), (module.__file__, site)
assert ironthread.__version__ == sys.argv[1], (ironthread.__version__, sys.argv[1])
"""
PLUGIN_TEST = """
import threading, ironthread
def test_the_lock_is_ours():
    assert threading.Lock is ironthread.Lock
"""


def version() -> str:
    """The version, from the one place where it stands."""
    manifest = tomllib.loads((SOURCE / "Cargo.toml").read_text(encoding="utf-8"))
    return str(manifest["workspace"]["package"]["version"])


class Installed:
    """A new environment with ironthread in it, and a directory to run things in."""

    def __init__(self, directory: Path, python: str) -> None:
        self.work = directory / "work"
        self.work.mkdir()
        self.bin = directory / "venv" / ("Scripts" if os.name == "nt" else "bin")
        subprocess.run([python, "-m", "venv", str(directory / "venv")], check=True)

    def run(self, *command: str, seconds: int = STEP_SECONDS, **environment: str) -> None:
        """Run a command of the environment there; raise CalledProcessError when it fails."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        clean["PATH"] = f"{self.bin}{os.pathsep}{clean['PATH']}"
        print(f"   {' '.join(' '.join(command).split())[:100]}", flush=True)
        subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.work,
            env=clean | environment,
            timeout=seconds,
            check=True,
            stdout=subprocess.DEVNULL if command[0] != "pytest" else None,
        )

    def install(self, *requirements: str) -> None:
        """Install them. What cargo builds for that, it builds from what was downloaded before."""
        pip = ("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        self.run(*pip, *requirements, CARGO_NET_OFFLINE="true")

    def copy(self, name: str) -> None:
        """Copy a directory or file of the source tree, without what was made there."""
        source, target = SOURCE / name, self.work / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def check(python: str, what: str, whole: bool) -> None:
    """Install it and use it; raise CalledProcessError at what fails."""
    with tempfile.TemporaryDirectory(prefix="ironthread-release-") as directory:
        installed = Installed(Path(directory), python)
        installed.install("pip>=25.1", what, "pytest>=8")
        installed.run("python", "-c", WHERE, version())
        installed.run("python", "-m", "ironthread", "--help")
        installed.run("ironthread", "--version")
        for name in COPIED:
            installed.copy(name)
        installed.run("python", "examples/web_crawler.py")
        installed.run("ironthread", "run", "examples/web_crawler.py")
        (installed.work / "test_plugin.py").write_text(PLUGIN_TEST, encoding="utf-8")
        installed.run("pytest", "-q", "--ironthread", "test_plugin.py")
        if whole:
            installed.install("--group", "dev")
            installed.run("pytest", "-q", seconds=WHOLE_SECONDS)
        else:
            installed.run("pytest", "-q", *(f"tests/{name}" for name in QUICK))


def main() -> int:
    """Check what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python")
    parser.add_argument("what")
    parser.add_argument("--whole", action="store_true")
    wanted = parser.parse_args()
    try:
        check(wanted.python, str(Path(wanted.what).resolve()), wanted.whole)
    except subprocess.SubprocessError as error:
        print(f"installed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
