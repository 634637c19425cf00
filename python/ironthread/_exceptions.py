"""Exceptions that exist before the modules that export them.

The native module needs `ShutDown` at run time and `ironthread.queue` needs the native module; this
small file, which imports neither, keeps that from being a cycle.
"""

import sys

if sys.version_info >= (3, 13):
    from queue import ShutDown
else:

    class ShutDown(Exception):  # noqa: N818 (the name the standard library chose in 3.13)
        """Raised by `put()` and `get()` of a queue that was shut down.

        Python 3.13 has it as `queue.ShutDown`, and there it is the very same object; before that
        version this class takes its place.
        """

    # Where it is found by users and by pickle.
    ShutDown.__module__ = "ironthread.queue"

__all__ = ["ShutDown"]
