"""Classes that show themselves as the standard ones whose places they take.

Programs, logs and CPython's tests look at the names of classes; see DESIGN.md, "Posing".
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def pose(cls: type, standard: Any) -> None:
    """Make a class show itself as the standard one."""
    cls.__module__ = standard.__module__
    # What looks for a class's source looks into its module: at the line noted here, from 3.13 on.
    line = vars(standard).get("__firstlineno__")
    if line is not None:
        cls.__firstlineno__ = line  # type: ignore[attr-defined]
