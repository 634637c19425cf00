"""Finds test packages in another interpreter's directory, where this interpreter has none.

`environment.py` copies this file into a throw-away virtual environment like `boot.py`, because
interpreters that the tests start themselves import such packages, too. Until one is asked for it
imports nothing.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from typing import Any

with open(os.path.join(os.path.dirname(__file__), "lender"), encoding="utf-8") as _file:
    DIRECTORY, *PACKAGES = _file.read().split("\n")
"""The lender's package `test`; what may be taken from it."""


class Finder:
    """For the import system, which asks the interpreter's own directories before."""

    @staticmethod
    def find_spec(name: str, *_path_and_target: object) -> "ModuleSpec | None":
        """Where such a package is."""
        top, _, package = name.partition(".")
        if top != "test" or package not in PACKAGES:
            return None
        import importlib.util

        make_up_for_age()
        directory = os.path.join(DIRECTORY, package)
        return importlib.util.spec_from_file_location(
            name,
            os.path.join(directory, "__init__.py"),
            submodule_search_locations=[directory],
        )


def make_up_for_age() -> None:
    """Give `test.support` what newer tests ask it for."""
    support = __import__("test.support").support
    if not hasattr(support, "Py_GIL_DISABLED"):
        support.Py_GIL_DISABLED = False
    if not hasattr(support, "requires_gil_enabled"):
        support.requires_gil_enabled = lambda *_: lambda test: test
    support.check_sanitizer = for_known(support.check_sanitizer, False)
    support.skip_if_sanitizer = for_known(support.skip_if_sanitizer, lambda test: test)


def for_known(function: "Callable[..., Any]", otherwise: object) -> "Callable[..., Any]":
    """The function; for keywords it does not know yet, what it returns where nothing is amiss."""

    def tolerant(*arguments: object, **keywords: object) -> object:
        try:
            return function(*arguments, **keywords)
        except TypeError:
            return otherwise

    return tolerant


if __name__ == "ironthread_borrowing":
    sys.meta_path.append(Finder)
