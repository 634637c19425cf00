"""What helps to test programs with threads.

`faults` has the primitives of ironthread fail now and then, as they are allowed to: see
docs/faults.md.
"""

from __future__ import annotations

from ironthread.testing._faults import faults
from ironthread.testing._log import InjectedError, Injection

__all__ = ["InjectedError", "Injection", "faults"]
