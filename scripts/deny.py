"""Has cargo-deny look at the crates that we depend on, by ``deny.toml``.

It is built under ``build/`` once, which takes minutes. Its advisories are a git repository, and
pip-audit asks a service: where these cannot be reached that is said, and does not fail the rest.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "build" / "cargo-tools"
VERSION = "^0.20"
UNREACHABLE = "failed to fetch advisory database"


def deny() -> str:
    """The command, built if it is not there."""
    found = shutil.which("cargo-deny", path=f"{TOOLS / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        install = ["cargo", "install", "cargo-deny", "--locked", "--version", VERSION]
        environment = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target" / "cargo-tools")}
        subprocess.run([*install, "--root", str(TOOLS)], env=environment, check=True)
        found = str(TOOLS / "bin" / "cargo-deny")
    return found


def main() -> int:
    """Run all checks; 1 when one of them finds something."""
    command = deny()
    offline = [command, "check", "bans", "licenses", "sources"]
    failed = subprocess.run(offline, cwd=ROOT, check=False).returncode != 0
    asked = subprocess.run(
        [command, "check", "advisories"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if asked.returncode != 0 and UNREACHABLE in asked.stderr:
        print("advisories: skipped, the database cannot be reached")
    else:
        print(asked.stdout, asked.stderr, sep="", end="")
        failed = failed or asked.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
