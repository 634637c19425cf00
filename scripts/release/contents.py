"""What has to be in a wheel and in an sdist, and what must not be.

Usage: ``python contents.py FILE…``. Prints a line a file; exits with 1 and says what is wrong.
"""

import re
import sys
import tarfile
import zipfile
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PACKAGES = SOURCE / "python"
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT")
WHEEL_TOPS = {"ironthread", "pytest_ironthread"}
NEVER = re.compile(r"__pycache__|\.py[co]$|\.(pytest|mypy|ruff)_cache|(^|/)(target|\.venv)/|\.so\.")
SDIST_NEVER = re.compile(r"\.(so|pyd|dylib|whl)$|^build/|^\.git/")
SDIST_NEEDS = (
    "Cargo.lock",
    "Cargo.toml",
    "PKG-INFO",
    "README.md",
    "crates/core/Cargo.toml",
    "crates/core/src/lib.rs",
    "crates/py/Cargo.toml",
    "crates/py/build.rs",
    "crates/py/src/lib.rs",
    "pyproject.toml",
)


@cache
def of_the_packages() -> frozenset[str]:
    """Files of the Python packages that git would keep: code, stubs, page, schema, ``py.typed``."""
    kinds = {".py", ".pyi", ".js", ".css", ".json", ".typed"}
    return frozenset(
        path.relative_to(PACKAGES).as_posix()
        for path in PACKAGES.rglob("*")
        if path.is_file() and path.suffix in kinds
    )


def in_wheel(names: set[str]) -> list[str]:
    """What is wrong with a wheel of these files."""
    wrong = [f"{name} is missing" for name in sorted(of_the_packages() - names)]
    wrong += [f"{name} does not belong there" for name in sorted(names) if NEVER.search(name)]
    native = [name for name in names if name.endswith((".so", ".pyd"))]
    if len(native) != 1 or not native[0].startswith("ironthread/_core."):
        wrong.append(f"one native module is wanted: {sorted(native)}")
    tops = {name.split("/")[0] for name in names}
    information = {top for top in tops if top.endswith(".dist-info")}
    if tops - information != WHEEL_TOPS:
        wrong.append(f"at the top are {sorted(tops)}")
    for information_name in (*(f"licenses/{licence}" for licence in LICENCES), "entry_points.txt"):
        if not any(name.endswith(f".dist-info/{information_name}") for name in names):
            wrong.append(f"{information_name} is missing")
    return wrong


def in_sdist(names: set[str]) -> list[str]:
    """What is wrong with an sdist of these files (their names without the first directory)."""
    needs = {*SDIST_NEEDS, *LICENCES, *(f"python/{name}" for name in of_the_packages())}
    wrong = [f"{name} is missing" for name in sorted(needs - names)]
    unwanted = sorted(name for name in names if NEVER.search(name) or SDIST_NEVER.search(name))
    return wrong + [f"{name} does not belong there" for name in unwanted]


def wrong_with(file: Path) -> list[str]:
    """What is wrong with this wheel or sdist."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            return in_wheel({name for name in wheel.namelist() if not name.endswith("/")})
    with tarfile.open(file) as archive:
        members = [member.name for member in archive.getmembers() if member.isfile()]
    return in_sdist({name.split("/", 1)[1] for name in members})


def main(files: list[str]) -> int:
    """Check each of the files."""
    found = 0
    for file in map(Path, files):
        wrong = wrong_with(file)
        found += len(wrong)
        print(f"{file.name}: {'; '.join(wrong) or 'contents are right'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
