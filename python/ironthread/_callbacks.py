"""What native futures leave to Python: logging, in the words of the standard library."""

from __future__ import annotations

from concurrent.futures._base import LOGGER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ironthread._futures import Future


def call_back(future: Future[Any], callback: Callable[[Future[Any]], object]) -> None:
    """Call a callback of `Future.add_done_callback()`. What it raises is logged."""
    try:
        callback(future)
    except Exception:
        LOGGER.exception("exception calling callback for %r", future)


def unexpected(future: Future[Any]) -> None:
    """Log that an executor began a job that had begun, or ended, before."""
    LOGGER.critical("Future %s in unexpected state: %s", id(future), future._state)
