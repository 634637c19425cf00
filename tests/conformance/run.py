"""``python tests/conformance/run.py``: the harness as a script, from any directory.

The directory is a package, which a script inside it cannot import by itself: the directory above
goes on the path first.
"""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    sys.path[0] = str(here.parent)
    runpy.run_module(here.name, run_name="__main__", alter_sys=True)
