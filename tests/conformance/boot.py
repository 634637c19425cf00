"""Puts ironthread in place at interpreter start.

`environment.py` copies this file into a throw-away virtual environment as `sitecustomize`, so that
every interpreter of that environment runs it before anything else: the one that runs a test class,
and those that the tests start themselves. Those often run with `-I` or `-E`, where no `PYTHON*`
variable would reach them.
"""

import _thread

STOCK: dict[str, dict[str, object]] = {}
"""The classes and functions of the standard library's modules before the installation."""


def in_main_interpreter() -> bool:
    """The extension module does not load in sub-interpreters: they stay as they are."""
    asks = getattr(_thread, "_is_main_interpreter", None)
    if asks is not None:
        return bool(asks())
    interpreters = __import__("_xxsubinterpreters")  # CPython 3.11
    return bool(interpreters.get_current() == interpreters.get_main())


def boot() -> str | None:
    """Remember the stock objects, then install; a traceback when that fails."""
    try:
        for name in ("_thread", "threading", "_queue", "queue"):
            names = vars(__import__(name))
            # Nothing but classes and functions: a thread must not live longer because it is here.
            STOCK[name] = {key: value for key, value in names.items() if callable(value)}
        __import__("ironthread").install()
    except BaseException:
        import traceback

        traceback.print_exc()
        return traceback.format_exc()
    return None


PROBLEM = boot() if __name__ == "sitecustomize" and in_main_interpreter() else None
"""Why the installation failed, when it did."""
