"""The report as JSON.

One object, all times in seconds, points in time counted from the start of the program::

    schema        1; it changes when a member goes or changes its meaning, not when one is added
    program       what was run, as on the command line: the script, or -m and the module; arguments
    process       the identifier of the process
    elapsed, cpu  wall time and CPU time of the process while the program ran
    threads
      started     how many threads the program started
      peak        the most that were alive at one time, the main thread included
      list        the main thread, then the others in the order of their start; for each
        name, ident, native_id
        main      whether it is the main thread
        alive     whether it had not ended at the end of the program (a daemon thread)
        started, ended   points in time
        cpu       its CPU time, null when not known
        waited    an object: kind of wait -> {count, total, longest}
        waiting   null, or the wait it was in at the end: {kind, origin, since, holder}; holder is
                  {name, ident} of the thread that held the lock, null where that is no lock
    waits         the most waited-for first; for each line of the program and kind of wait
        kind, origin, objects, count, total, longest

`kind` is Lock, RLock, Condition, Semaphore, Event, Barrier, Queue.get, Queue.put, Queue.join,
Thread.start (for a thread to begin), Thread.join, Future (for its outcome), submit (for a place in
a bounded pool), work (for a call, of pools beyond the standard ones) or RateLimit.
`origin` is {file, line}, where the object waited for was made (a thread: where it was started), or
null when that was before the program started; `objects` tells how many that line made.
`waited` and `waits` tell of waits that are over. The thread that serves timers is not listed, and
its waits are not counted.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ironthread.report.collect import Report, Site, Thread, Waited

_SCHEMA = 1


def render(report: Report) -> str:
    """The report as indented JSON."""
    return json.dumps(_report(report), indent=2) + "\n"


def _report(report: Report) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "program": report.program,
        "process": report.process,
        "elapsed": report.elapsed,
        "cpu": report.cpu,
        "threads": {
            "started": report.started,
            "peak": report.peak,
            "list": [_thread(thread) for thread in report.threads],
        },
        "waits": [_site(site) for site in report.sites],
    }


def _thread(thread: Thread) -> dict[str, Any]:
    waiting = thread.waiting
    return {
        "name": thread.name,
        "ident": thread.ident,
        "native_id": thread.native_id,
        "main": thread.is_main,
        "alive": thread.alive,
        "started": thread.started,
        "ended": None if thread.alive else thread.ended,
        "cpu": thread.cpu,
        "waited": {kind: _waited(waited) for kind, waited in thread.waited.items()},
        "waiting": waiting
        and {
            "kind": waiting.kind,
            "origin": _origin(waiting.origin),
            "since": waiting.since,
            "holder": waiting.holder
            and {"name": waiting.holder.name, "ident": waiting.holder.ident},
        },
    }


def _site(site: Site) -> dict[str, Any]:
    return {
        "kind": site.kind,
        "origin": _origin(site.origin),
        "objects": site.objects,
        **_waited(site.waited),
    }


def _waited(waited: Waited) -> dict[str, Any]:
    return {"count": waited.count, "total": waited.total, "longest": waited.longest}


def _origin(origin: tuple[str, int] | None) -> dict[str, Any] | None:
    return None if origin is None else {"file": origin[0], "line": origin[1]}
