"""What is to be run, and how."""

from __future__ import annotations


class CannotRun(Exception):  # noqa: N818 (it is no fault of the program)
    """The program cannot be started. The message is one line for the user."""


class Options:
    """The options of `ironthread run`."""

    __slots__ = ("arguments", "is_module", "report", "report_file", "target")

    def __init__(self) -> None:
        self.target = ""
        """A script, a directory or zip file with a `__main__.py`, or a module's name."""
        self.is_module = False
        self.arguments: list[str] = []
        self.report = "text"
        """The form of the report: text, json or none."""
        self.report_file: str | None = None
        """Where the report is written; None is standard error."""

    @property
    def command(self) -> list[str]:
        """What is run, as on the command line."""
        return [*(["-m"] if self.is_module else []), self.target, *self.arguments]
