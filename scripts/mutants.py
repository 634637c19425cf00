"""Mutants of the engine: ``python mutants.py CARGO-MUTANTS [FILE]``.

First the engine's tests are asked (``.cargo/mutants.toml``); what they do not notice is asked of
the models (``.cargo/mutants-models.toml``), which stop a thread wherever it stands but take longer.
Prints what neither noticed, and ends with 1 where there is any.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS, MODELS = (ROOT / "build" / name for name in ("mutants", "mutants-models"))
# What cargo-mutants says by its exit status: all were noticed, some were not, some took too long.
DONE = (0, 2, 3)
# Each has a copy of the tree, with what is built of it.
MOST_JOBS = 8
SPECIAL = re.compile(r"([\]\[.^$*+?{}()|\\&~#-])")


def missed(output: Path) -> list[str]:
    """What was not noticed, by name."""
    found = output / "mutants.out" / "missed.txt"
    return found.read_text(encoding="utf-8").splitlines()


def run(tool: str, output: Path, *options: str, **environment: str) -> None:
    """Run it; raise CalledProcessError where it could not do its work."""
    command = [tool, "mutants", "--output", str(output), *options]
    status = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode
    if status not in DONE:
        raise subprocess.CalledProcessError(status, command)


def named(name: str) -> str:
    """A pattern for this one mutant.

    ``re.escape`` would escape spaces, too, which Rust's patterns refuse.
    """
    return "^" + SPECIAL.sub(r"\\\1", name) + "$"


def main() -> int:
    """Ask the tests, then the models."""
    tool, *files = sys.argv[1:]
    run(
        str(Path(tool).resolve()),
        TESTS,
        *(f"--re=^{file}" for file in files),
        # More than processors: a mutant that makes a thread wait for ever leaves one idle.
        f"--jobs={min(2 * (os.cpu_count() or 1), MOST_JOBS)}",
        RUSTFLAGS="--cfg together",
        # Many mutants are asked: a quarter of the sequences finds what chance finds at all.
        PROPTEST_CASES="64",
    )
    left = missed(TESTS)
    if not left:
        return 0
    print(f"{len(left)} that the tests do not notice: the models are asked", flush=True)
    run(
        str(Path(tool).resolve()),
        MODELS,
        "--config=.cargo/mutants-models.toml",
        *(f"--re={named(name)}" for name in left),
        RUSTFLAGS="--cfg loom",
        LOOM_MAX_PREEMPTIONS="2",
    )
    left = missed(MODELS)
    print(*left, f"{len(left)} are noticed by neither", sep="\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
