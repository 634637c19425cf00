"""The command `ironthread`: reads its options and hands over to `ironthread.run`.

Options are read by hand. Everything after the script or module belongs to the program, which is
easier said here than to a parser library; and each standard module loaded on the way is one that
the program did not load itself (a file of its own by that name would be passed over).
"""

from __future__ import annotations

import sys

from ironthread import _origin
from ironthread.run import CannotRun, Options, run

_HELP = """\
usage: ironthread run [options] script.py [args...]
       ironthread run [options] -m module [args...]
       ironthread dump PID [--json]
       ironthread stats PID [--json]
       ironthread top PID [--interval SECONDS]
       ironthread --version | --help

Runs a Python program, unchanged, with the locks, conditions and queues of ironthread in the
places of the standard ones, and reports at its end what its threads waited for.

dump, stats and top ask a program that runs, if it listens: what its threads are doing and where,
what they have waited for, and both again and again.

options of run:
  --report text|json|html|none
                            the form of the report (default: text); html needs a file
  --report-file PATH        write the report there instead of to standard error
  --deadlock report|raise|off
                            what is done about threads that wait in vain (default: report). A
                            circle that only its own threads could open raises DeadlockError in
                            one of them, unless off; with raise, so do circles of plain locks
  --lock-order              tell when locks are taken in orders that can end in a deadlock, whether
                            or not they do this time; costs some microseconds for each lock taken
  --on-deadlock report|abort
                            abort ends the program with status 86 when a deadlock was reported
  --trace PATH              write a timeline of the threads there, for Perfetto or chrome://tracing
  --trace-limit N           the most waits in it (default: 100000), the longest of more
  --listen                  have the program answer dump, stats and top
  --dump-signal SIGNAL      have it write a dump to standard error at this signal (as in QUIT)
  -m module                 run a module, as python -m does
  -h, --help                show this text

A script may also be a directory or a zip file that contains __main__.py. Everything after the
script or module is passed to the program. The exit status is that of the program; 2 when it could
not be started. A child that runs the same command adds its process to the names of these files.
"""

# option -> its values, what they are, and the attribute of the options they go to.
_CHOICES = {
    "--report": (("text", "json", "html", "none"), "form of report", "report"),
    "--deadlock": (("report", "raise", "off"), "way to deal with deadlocks", "deadlock"),
    "--on-deadlock": (("report", "abort"), "end of a deadlock", "on_deadlock"),
}

# More waits fit into no memory.
_DIGITS = 18
# A longer number does not fit into a C int.
_SIGNAL_DIGITS = 9


def main(arguments: list[str] | None = None) -> int:
    """Run the command with `arguments`, those of the process by default; return the exit status."""
    if arguments is None:  # called by what the installer wrote, or by `python -m`
        _origin.launched_by(sys._getframe(1).f_code.co_filename)
    try:
        return _command(sys.argv[1:] if arguments is None else arguments)
    except CannotRun as problem:
        print(f"ironthread: {problem}", file=sys.stderr)
        return 2


def _command(arguments: list[str]) -> int:
    command = arguments[0] if arguments else None
    if command == "run":
        options = _options(arguments[1:])
        if options is not None:
            return run(options)
    elif command in ("dump", "stats", "top"):
        from ironthread.attach.command import command as attach  # for those who ask only

        if not {"-h", "--help"}.intersection(arguments):
            return attach(command, arguments[1:])
    elif command in ("-V", "--version"):
        import ironthread

        print("ironthread", ironthread.__version__)
        return 0
    elif command not in ("-h", "--help"):
        problem = f"unknown command {command!r}" if command else "no command"
        raise CannotRun(f"{problem} (see ironthread --help)")
    print(_HELP, end="")
    return 0


def _options(arguments: list[str]) -> Options | None:
    """What is to be run and how; None when help was asked for."""
    options = Options()
    rest = list(arguments)
    limited = False
    while rest and rest[0].startswith("-"):
        option, equals, value = rest.pop(0).partition("=")
        if option in ("-h", "--help"):
            return None
        if option == "--report-file":
            options.report_file = value if equals else _next(rest, option)
        elif option == "--lock-order":
            if equals:
                raise CannotRun("option --lock-order takes no value (see ironthread --help)")
            options.lock_order = True
        elif option in _CHOICES:
            _choose(options, option, value if equals else _next(rest, option))
        elif option == "--listen" and not equals:
            options.listen = True
        elif option == "--dump-signal":
            options.dump_signal = _signal(value if equals else _next(rest, option))
        elif option == "--trace":
            options.trace = value if equals else _next(rest, option)
        elif option == "--trace-limit":
            limited = True
            options.trace_limit = _count(value if equals else _next(rest, option))
        elif option == "-m":
            options.is_module = True
            rest.insert(0, value if equals else _next(rest, option))
            break
        elif option == "--":
            break
        else:
            raise CannotRun(f"unknown option {option!r} (see ironthread --help)")
    if limited and options.trace is None:
        raise CannotRun("option --trace-limit needs --trace (see ironthread --help)")
    if not rest:
        raise CannotRun("no program to run (see ironthread --help)")
    options.target, *options.arguments = rest
    return options


def _next(rest: list[str], option: str) -> str:
    if not rest:
        raise CannotRun(f"option {option} needs a value (see ironthread --help)")
    return rest.pop(0)


def _choose(options: Options, option: str, value: str) -> None:
    values, what, attribute = _CHOICES[option]
    if value not in values:
        raise CannotRun(f"unknown {what} {value!r}: choose from {', '.join(values)}")
    setattr(options, attribute, value)


def _count(text: str) -> int:
    """A number from 1 on."""
    number = int(text) if text.isdecimal() and len(text) <= _DIGITS else 0
    if number == 0:
        raise CannotRun(f"no number of waits: {text!r} (see ironthread --help)")
    return number


def _signal(name: str) -> int:
    """The number of a signal, by its name with or without SIG, or as a number."""
    # A part of the interpreter, unlike `signal`, and without stubs.
    number = getattr(__import__("_signal"), "SIG" + name.upper().removeprefix("SIG"), None)
    if isinstance(number, int) and not name.startswith("_"):
        return number
    if name.isdecimal() and len(name) <= _SIGNAL_DIGITS:
        return int(name)
    raise CannotRun(f"unknown signal {name!r} (see ironthread --help)")
