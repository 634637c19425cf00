"""What a suite is: the tests to run from one module of CPython's package `test`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

Subjects: TypeAlias = Mapping[str, tuple[str, ...]]

LEANS: tuple[str, ...] = ()
"""No subject: the class tests something of the standard library that leans on what is replaced."""


@dataclass(frozen=True)
class Suite:
    """Tests of one module, and what they are about."""

    module: str
    """Its name in the package `test`."""
    what: str
    """What in it concerns ironthread."""
    tests: tuple[str, ...] = ("*",)
    """Patterns of `Class.method`: these are run."""
    without: tuple[str, ...] = ()
    """Patterns of `Class.method`: these are not."""
    about_threads: bool = False
    """Whether only the tests are run whose source speaks of threads (see relevance.py)."""
    besides: tuple[str, ...] = ()
    """Patterns of `Class.method`: these are run even so."""
    subjects: Subjects = field(default_factory=lambda: {"*": LEANS})
    """Pattern of class names -> dotted names, looked up in the module, that must be ironthread's.

    The first pattern that fits counts. Where none does, the class itself has to say what it tests,
    by an attribute known to ownership.py.
    """
    aliases: Mapping[str, str] = field(default_factory=dict)
    """`Class.attribute` that names a private alias -> the public name that programs use."""
    bindings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Abstract class -> attribute to set, name in `ironthread.threading` to set it to."""
    low_level: bool = False
    """Whether the module takes its locks from `_thread`."""
    resources: tuple[str, ...] = ()
    """What `test.support` is to allow beyond what it is always allowed."""
    lent: bool = False
    """Whether its package is taken from a newer interpreter where it was forgotten (lending.py)."""
    class_by_class: bool = False
    """Whether each class gets a process of its own."""

    @property
    def package(self) -> str:
        """The package in `test` that the module belongs to, or the module itself."""
        return self.module.partition(".")[0]

    def takes(self, test: str) -> bool:
        """Whether the patterns let `Class.method` in."""
        return _fits(test, self.tests) and not _fits(test, self.without)

    def takes_silent(self, test: str) -> bool:
        """Whether `Class.method` is run although it does not speak of threads."""
        return not self.about_threads or _fits(test, self.besides)

    def subjects_of(self, case: str) -> tuple[str, ...] | None:
        """What a class of that name must test; None when it says so itself."""
        fitting = (names for pattern, names in self.subjects.items() if fnmatchcase(case, pattern))
        return next(fitting, None)


def _fits(test: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(test, pattern) for pattern in patterns)
