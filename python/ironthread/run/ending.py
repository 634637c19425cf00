"""The report at the very end of the program.

It is printed by an `atexit` callback that is registered before the program is loaded: callbacks run
in the opposite order, so that this one comes after those of the program, and the interpreter has
waited for all threads that are not daemons by then. A program that ends by `os._exit`, a fatal
signal or `exec` runs no callbacks and gets no report, and a forked child is not the program.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time

from ironthread import _core, _deadlock
from ironthread.run import kin
from ironthread.run.imports import WithoutModulesOfTheProgram
from ironthread.run.locate import current_directory
from ironthread.run.options import PAGE_LIMIT, CannotRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread._core.timeline import _Timeline
    from ironthread._core.watch import _Snapshot
    from ironthread.run.options import Options

_PLAIN = str.maketrans("─·×µ…", "-|xu~")  # noqa: RUF001 (the multiplication sign is meant)


def check(options: Options) -> None:
    """Make sure that the files can be written. Raises `CannotRun`."""
    if options.report == "html" and options.report_file is None:
        raise CannotRun("--report html needs --report-file: a terminal does not show HTML")
    if options.report_file is not None:
        options.report_file = _writable(options.report_file)
    if options.trace is not None:
        options.trace = _writable(options.trace)
        if options.trace == options.report_file:
            raise CannotRun(f"can't write both report and trace to {options.trace!r}")


def _writable(file: str) -> str:
    """The absolute path of a file, because the program may change directory."""
    try:
        absolute = os.path.abspath(file)
        # Else it goes beside the file of a process above, which made sure.
        if kin.own_file(absolute) == absolute:
            with open(absolute, "ab"):
                pass
    except OSError as error:
        raise CannotRun(f"can't write to {file!r}: {error.strerror}") from None
    return absolute


class Ending:
    """Watches one program and reports on it when it is over."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._process = os.getpid()
        self._file = kin.own_file(options.report_file)
        self._trace = kin.own_file(options.trace)
        self._is_page = options.report == "html"
        self._is_child = kin.is_child()
        kin.enter(options.report_file, options.trace)
        self._directory = current_directory() or ""
        # Without the place of our own command; the program's directory is not there yet.
        self._path = sys.path[0 if sys.flags.safe_path else 1 :]
        atexit.register(self.finish)
        _core.watch_start()
        if self._trace is not None:
            _core.timeline_start(options.trace_limit)
        elif self._is_page:
            _core.timeline_start(PAGE_LIMIT)
        _core.thread_named(threading.current_thread().name)
        self._cpu = time.process_time()

    def cancel(self) -> None:
        """Report nothing: the program could not be loaded."""
        _core.watch_stop()
        atexit.unregister(self.finish)

    def finish(self) -> None:
        """Write the report and the trace."""
        if os.getpid() != self._process:
            return
        cpu = time.process_time() - self._cpu
        _deadlock.main_goes_on()
        _core.thread_ended(threading.main_thread().name)
        # The timeline first: nothing in it is later than what it is shown with.
        shown = self._is_page or self._trace is not None
        timeline = _core.timeline_snapshot() if shown else None
        snapshot = _core.watch_snapshot()
        _core.timeline_stop()
        _core.watch_stop()
        # Only now, so that the program found no module loaded that it did not load itself.
        with WithoutModulesOfTheProgram(self._path):
            if self._options.report != "none":
                self._write_report(snapshot, timeline, cpu)
            if timeline is not None and self._trace is not None:
                self._write_trace(snapshot, timeline)

    def _write_report(self, snapshot: _Snapshot, timeline: _Timeline | None, cpu: float) -> None:
        try:
            report = self._report(snapshot, timeline, cpu)
        except Exception as error:  # a report is not worth a traceback at the end
            report = f"ironthread: no report: {error!r}\n"
        file = self._file
        if file is None:
            _to_standard_error(report)
            return
        try:
            with open(file, "w", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(report)
        except OSError as error:
            _to_standard_error(f"ironthread: can't write to {file!r}: {error.strerror}\n")

    def _report(self, snapshot: _Snapshot, timeline: _Timeline | None, cpu: float) -> str:
        from ironthread.report import render
        from ironthread.report.collect import collect

        command, recorded = self._options.command, None
        if self._is_page and timeline is not None:
            from ironthread.report.timeline import thinned  # the other forms do without

            recorded = thinned(timeline, PAGE_LIMIT)
        report = collect(snapshot, command, cpu, self._is_child, recorded)
        return render(self._options.report, report, self._directory, self._is_coloured())

    def _is_coloured(self) -> bool:
        if self._file is not None:
            return False
        from ironthread.report.colour import wants_colour

        return wants_colour(sys.__stderr__)

    def _write_trace(self, snapshot: _Snapshot, timeline: _Timeline) -> None:
        assert self._trace is not None
        try:
            from ironthread.report import trace

            with open(self._trace, "w", encoding="ascii") as stream:
                stream.writelines(
                    trace.lines(snapshot, timeline, self._options.command, self._directory)
                )
        except OSError as error:
            _to_standard_error(f"ironthread: can't write to {self._trace!r}: {error.strerror}\n")
        except Exception as error:
            _to_standard_error(f"ironthread: no trace: {error!r}\n")


def _to_standard_error(text: str) -> None:
    """Write to the stream the process was started with, if the program left it open."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()  # what the program wrote comes first
    except (OSError, ValueError):
        pass  # the interpreter reports it in its own way
    stream = sys.__stderr__
    try:
        if stream is None or stream.closed:
            return
        stream.flush()
        # Past the buffer: what could not be written must not be found there at exit.
        data = _encode(text, stream.encoding)
        while data:
            data = data[os.write(stream.fileno(), data) :]
    except (OSError, ValueError):
        pass  # nobody is left to read it


def _encode(text: str, encoding: str) -> bytes:
    """Encode the report, with plain characters where the better ones do not exist."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace")
