"""Which of CPython's tests are run, in two groups."""

from collections.abc import Mapping

from .core_suites import CORE
from .library_suites import LIBRARY
from .suite import Suite

GROUPS: Mapping[str, tuple[Suite, ...]] = {"core": CORE, "library": LIBRARY}
SUITES: Mapping[str, Suite] = {
    suite.module: suite for suites in GROUPS.values() for suite in suites
}


def group_of(module: str) -> str:
    """The group that the suite of that test module belongs to."""
    return next(name for name, suites in GROUPS.items() if SUITES[module] in suites)
