"""Log records that say on whose behalf they were written: thread, task, request.

    handler.addFilter(ironthread.logs.ContextFilter())
    handler.setFormatter(logging.Formatter("%(request_id)s %(task)s %(threadName)s %(message)s"))

    with ironthread.logs.request("r-17"):
        ...

The filter has to run in the thread that logs: put it on the logger, or on the handler that the
thread itself calls. With `logging.handlers.QueueHandler` that is the QueueHandler, not the
handlers of the QueueListener, which run in a thread of their own.
"""

from __future__ import annotations

import contextvars
import json
import logging
import sys
import threading

from ironthread._running_call import running_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

__all__ = ["ContextFilter", "JsonFormatter", "request", "request_id"]

request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar(
    "ironthread.request_id", default=None
)
"""The request that is being worked on. Tasks of asyncio inherit it.

Threads and calls of pools do not, as in the standard library (but threads do where
`sys.flags.thread_inherit_context` is set). Calls of `ThreadPoolExecutor(inherit_context=True)` do.
"""


class request:  # noqa: N801 (used as a function)
    """Work on the request of that id: `with request("r-17"): ...`. May be nested."""

    def __init__(self, id: str) -> None:
        self._id = id
        self._tokens: list[contextvars.Token[str | None]] = []

    def __enter__(self) -> str:
        self._tokens.append(request_id.set(self._id))
        return self._id

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        request_id.reset(self._tokens.pop())


class ContextFilter(logging.Filter):
    """Adds to each record on whose behalf it was written; keeps all records.

    `thread_id`: the number of the thread in the system; `task`: the name of the task of asyncio,
    or else, in a worker of a pool, of the function that it calls; `request_id`: the id of the
    request. What there is none of is `missing`, so that a format can name it always. The thread's
    name is in every record anyway: `threadName`. What a record already has is left as it is.
    """

    def __init__(self, name: str = "", *, missing: str = "-") -> None:
        super().__init__(name)
        self._missing = missing

    def filter(self, record: logging.LogRecord) -> bool:
        """Add to the record, and keep it if it is of the logger `name` or one below."""
        known: dict[str, Any] = record.__dict__
        if "thread_id" not in known:
            known["thread_id"] = threading.get_native_id()
        if "task" not in known:
            known["task"] = _task_name() or running_call() or self._missing
        if "request_id" not in known:
            found = request_id.get()
            known["request_id"] = self._missing if found is None else found
        return bool(super().filter(record))


def _task_name() -> str | None:
    # Where nobody has imported asyncio nothing runs as a task of its.
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        task = asyncio.current_task()
    except (RuntimeError, AttributeError):  # no loop in this thread; it is being imported
        return None
    return None if task is None else str(task.get_name())


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, thread, and what the filter adds."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        row: dict[str, object] = {
            "time": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "thread": record.threadName,
        }
        for name in ("thread_id", "task", "request_id"):
            if hasattr(record, name):
                row[name] = getattr(record, name)
        if record.exc_info:
            row["exception"] = self.formatException(record.exc_info)
        elif record.exc_text:  # a QueueHandler has prepared the record
            row["exception"] = record.exc_text
        return json.dumps(row, ensure_ascii=False, default=str)
