"""Compiles the binding for builds of CPython that this machine need not have, with clippy's checks.

Usage: ``python check_abi.py [VERSION…]``, such as ``3.14t``. PyO3 asks an interpreter what it is
compiled for, or reads that from a file: such files are written here, one a build. Nothing is
linked and nothing runs. Exits with 1 when one of them does not compile.

The engine is checked for each other platform whose standard library rustup has here.
"""

import os
import subprocess
import sys
from pathlib import Path

from interpreters import NEWEST, OLDEST, OLDEST_FREE_THREADED

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = ROOT / "build" / "abi"
PLATFORMS = (
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
)


def builds() -> list[str]:
    """Every build that is supported, as in ``3.14t``."""
    minors = range(OLDEST[1], NEWEST[1] + 1)
    free_threaded = range(OLDEST_FREE_THREADED[1], NEWEST[1] + 1)
    return [f"3.{minor}" for minor in minors] + [f"3.{minor}t" for minor in free_threaded]


def config(build: str) -> Path:
    """What PyO3 would find out from that build, on 64-bit Linux."""
    flags = "Py_GIL_DISABLED" if build.endswith("t") else ""
    kind = "free_threaded" if build.endswith("t") else "gil_enabled"
    CONFIGS.mkdir(parents=True, exist_ok=True)
    path = CONFIGS / f"{build}.txt"
    text = (
        "implementation=CPython\n"
        f"version={build.removesuffix('t')}\n"
        f"target_abi=CPython-{kind}-{build.removesuffix('t')}\n"
        "shared=false\n"
        "pointer_width=64\n"
        f"build_flags={flags}\n"
        "suppress_build_script_link_lines=true\n"
    )
    # Left as it is when nothing changed: cargo looks at the time it was written.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


def clippy(*arguments: str, pyo3: Path | None = None) -> bool:
    """Whether clippy finds nothing. Its own target directory: it does not undo the other builds."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target" / "abi")}
    if pyo3 is not None:
        environment["PYO3_CONFIG_FILE"] = str(pyo3)
    command = ["cargo", "clippy", "--quiet", *arguments, "--", "-D", "warnings"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def is_installed(platform: str) -> bool:
    """Whether the standard library of that platform is here."""
    asked = subprocess.run(
        ["rustc", "--print", "target-libdir", "--target", platform],
        capture_output=True,
        text=True,
        check=True,
    )
    return any(Path(asked.stdout.strip()).glob("libstd-*"))


def main(wanted: list[str]) -> int:
    """Check the builds, or those that are named; then, unless some are named, the platforms."""
    failed = []
    for build in wanted or builds():
        print(f"== CPython {build}", flush=True)
        if not clippy("-p", "ironthread-python", pyo3=config(build)):
            failed.append(build)
    for platform in () if wanted else PLATFORMS:
        if not is_installed(platform):
            print(f"== {platform}: skipped, its standard library is not installed (rustup)")
            continue
        print(f"== {platform}", flush=True)
        if not clippy("-p", "ironthread", "--target", platform):
            failed.append(platform)
    if failed:
        print(f"check-abi: failed for {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
