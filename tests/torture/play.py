"""`python -m torture.play PROGRAM KIND SEED WAY`: one run.

Nothing that uses threads is imported before the classes are in their places.
"""

import importlib
import sys

from torture import classes

if __name__ == "__main__":
    program, kind, seed, way = sys.argv[1:]
    classes.prepare(way)
    importlib.import_module(f"torture.{program}").main(kind, int(seed), way)
