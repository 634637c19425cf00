"""What is to be run, and how."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread._core.deadlock import Mode


TRACE_LIMIT = 100_000
"""The most waits that a timeline has one by one, if nobody says otherwise."""

PAGE_LIMIT = 20_000
"""The most waits that the timeline of an HTML report has: a page of many megabytes opens slowly."""


class CannotRun(Exception):  # noqa: N818 (it is no fault of the program)
    """The program cannot be started. The message is one line for the user."""


class Options:
    """The options of `ironthread run`."""

    __slots__ = (
        "arguments",
        "deadlock",
        "dump_signal",
        "is_module",
        "listen",
        "lock_order",
        "on_deadlock",
        "report",
        "report_file",
        "target",
        "trace",
        "trace_limit",
    )

    def __init__(self) -> None:
        self.target: str = ""
        """A script, a directory or zip file with a `__main__.py`, or a module's name."""
        self.is_module: bool = False
        self.arguments: list[str] = []
        self.report: str = "text"
        """The form of the report: text, json, html or none."""
        self.deadlock: Mode = "report"
        """What is done about deadlocks that are not certain: raise, report or off."""
        self.lock_order: bool = False
        """Whether the order is watched in which threads take locks."""
        self.on_deadlock: str = "report"
        """What follows one that was told: report goes on, abort ends the process."""
        self.report_file: str | None = None
        """Where the report is written; None is standard error."""
        self.listen: bool = False
        """Whether the program answers questions on a socket."""
        self.trace: str | None = None
        """Where the timeline of the threads is written; None is nowhere."""
        self.trace_limit: int = TRACE_LIMIT
        """The most waits that are in it one by one."""
        self.dump_signal: int | None = None
        """The signal at which the program writes down what its threads are doing."""

    @property
    def command(self) -> list[str]:
        """What is run, as on the command line."""
        return [*(["-m"] if self.is_module else []), self.target, *self.arguments]
