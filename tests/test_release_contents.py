"""What is published is complete, and brings nothing else: names of files, without a build.

`make wheels` builds wheels and sdist, which takes minutes, and asks the same of them.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import ironthread

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts" / "release"))

from contents import LICENCES, SDIST_NEEDS, in_sdist, in_wheel, of_the_packages

ROOT = Path(__file__).resolve().parent.parent
INFORMATION = f"ironthread-{ironthread.__version__}.dist-info"
WHEEL = {
    *of_the_packages(),
    "ironthread/_core.cpython-311-x86_64-linux-gnu.so",
    f"{INFORMATION}/entry_points.txt",
    *(f"{INFORMATION}/licenses/{licence}" for licence in LICENCES),
}
SDIST = {*SDIST_NEEDS, *LICENCES, *(f"python/{name}" for name in of_the_packages())}


def test_types_stubs_the_page_and_the_schema_are_in_the_packages() -> None:
    wanted = {
        "ironthread/py.typed",
        "ironthread/_core/lock.pyi",
        "ironthread/report/page/page.js",
        "ironthread/report/schema.json",
    }
    assert wanted <= of_the_packages()


def test_a_complete_wheel_and_sdist_pass() -> None:
    assert in_wheel(WHEEL) == []
    assert in_sdist(SDIST) == []


def test_what_is_missing_is_named() -> None:
    for name in WHEEL:
        (wrong,) = in_wheel(WHEEL - {name})
        named = name.split(".dist-info/")[-1]
        assert wrong in (f"{named} is missing", "one native module is wanted: []"), name
    for name in SDIST:
        assert in_sdist(SDIST - {name}) == [f"{name} is missing"]


def test_what_does_not_belong_there_is_named() -> None:
    for name in ("ironthread/__pycache__/cli.cpython-311.pyc", "ironthread/.mypy_cache/x.json"):
        assert in_wheel({*WHEEL, name}) == [f"{name} does not belong there"]
    for name in ("python/ironthread/_core.cpython-311-x86_64-linux-gnu.so", "target/x", "build/y"):
        assert in_sdist({*SDIST, name}) == [f"{name} does not belong there"]
    assert in_wheel({*WHEEL, "tests/test_lock.py"})


def test_a_wheel_has_one_native_module() -> None:
    assert in_wheel({*WHEEL, "ironthread/_core.pyd"})


def test_the_version_stands_in_one_place() -> None:
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    assert ironthread.__version__ == manifest["workspace"]["package"]["version"]
