"""The start of a process that is not forked: it has to be made one that runs the same way."""

from __future__ import annotations

import importlib
import random
import sys

from torture import classes


def live(seed: float, way: str, status: int) -> None:
    """Use things of every kind, and end with this status."""
    classes.prepare(way if way == classes.PLAIN else classes.INSTALLED)
    importlib.import_module("torture.child").live(random.Random(seed))
    sys.exit(status)
