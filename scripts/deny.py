"""Has cargo-deny look at the crates that we depend on, by ``deny.toml``.

It is built under ``build/`` once, which takes minutes. Its advisories are a git repository: where
that cannot be reached it is said, with git's reason, and does not fail the rest. What else goes
wrong with it does.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "build" / "cargo-tools"
VERSION = "^0.20"
# What git says when nobody answers; a server that answers, and refuses, has been reached.
UNREACHABLE = re.compile(r"unable to access '[^']*': (?!The requested URL returned)(.*)")


def deny() -> str:
    """The command, built if it is not there."""
    found = shutil.which("cargo-deny", path=f"{TOOLS / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        install = ["cargo", "install", "cargo-deny", "--locked", "--version", VERSION]
        environment = {
            **os.environ,
            "CARGO_TARGET_DIR": str(ROOT / "target" / "cargo-tools"),
            # A check takes a second; the tool's own settings take minutes more to build it.
            "CARGO_PROFILE_RELEASE_LTO": "off",
            "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
            "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
        }
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
    unreachable = UNREACHABLE.search(asked.stderr)
    if asked.returncode != 0 and unreachable:
        print(f"advisories: skipped, the database cannot be reached ({unreachable[1].strip()})")
    else:
        print(asked.stdout, asked.stderr, sep="", end="")
        failed = failed or asked.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
