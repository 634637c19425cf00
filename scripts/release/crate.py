"""Packs the crate and compiles what was packed: a dry run of ``cargo publish``.

That asks crates.io. Where it cannot be reached that is said, and the crate is packed and compiled
from what was downloaded before. Exits with 1 when the crate cannot be published.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CRATE = ("-p", "ironthread")
UNREACHABLE = "failed to download from `https://index.crates.io/"


def main() -> int:
    """Have cargo do it."""
    command = ["cargo", "publish", "--dry-run", *CRATE]
    asked = subprocess.run(command, cwd=ROOT, check=False, stderr=subprocess.PIPE, text=True)
    if asked.returncode == 0 or UNREACHABLE not in asked.stderr:
        print(asked.stderr, end="", file=sys.stderr)
        return min(asked.returncode, 1)
    print(
        "crate: publishing is not tried, crates.io cannot be reached; packed without it", flush=True
    )
    command = ["cargo", "package", "--offline", *CRATE]
    return min(subprocess.run(command, cwd=ROOT, check=False).returncode, 1)


if __name__ == "__main__":
    sys.exit(main())
