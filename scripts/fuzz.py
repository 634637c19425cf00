"""Runs libFuzzer on each target of fuzz/ in turn; ends with status 1 if one finds anything.

What it learns is kept in build/fuzz/corpus, what it finds in build/fuzz/found. Says so and does
nothing where the toolchain for it is not at hand.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = sorted(path.stem for path in (ROOT / "fuzz" / "targets").glob("*.rs"))
BUILD = ROOT / "build" / "fuzz"
ENVIRONMENT = os.environ | {
    "CARGO_TARGET_DIR": str(BUILD / "target"),
    "PATH": f"{ROOT / 'build' / 'cargo-fuzz' / 'bin'}{os.pathsep}{os.environ['PATH']}",
}
LONGEST_INPUT = 10_000
"""Bytes: longer than the longest head of a request (8192) and the longest question (4096)."""


def missing() -> str | None:
    """The command that gets what is not at hand; None: all is."""
    needed = {
        "rustup toolchain install nightly": ["--version"],
        "cargo +nightly install cargo-fuzz --locked": ["fuzz", "--version"],
    }
    for remedy, arguments in needed.items():
        command = ["cargo", "+nightly", *arguments]
        if subprocess.run(command, env=ENVIRONMENT, check=False, capture_output=True).returncode:
            return remedy
    return None


def fuzz(target: str, seconds: int) -> bool:
    """Whether nothing was found in so many seconds."""
    corpus, found = BUILD / "corpus" / target, BUILD / "found" / target
    for directory in (corpus, found):
        directory.mkdir(parents=True, exist_ok=True)
    command = ["cargo", "+nightly", "fuzz", "run", target]
    command += [str(corpus), str(ROOT / "fuzz" / "seeds" / target), "--"]
    command += [f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", "-timeout=10"]
    command += ["-print_final_stats=1", f"-artifact_prefix={found}/"]
    print(f"== {target}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False).returncode == 0


def main() -> int:
    """Run the command; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("targets", nargs="*", default=TARGETS, help=f"of {', '.join(TARGETS)}")
    options = parser.parse_args()
    if remedy := missing():
        print(f"libFuzzer: skipped: {remedy}")
        return 0
    fine = [fuzz(target, options.seconds) for target in options.targets]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
