"""The report as JSON.

One object, a line for each of its members; all times in seconds, points in time counted from the
start of the program::

    schema        1; it changes when a member goes or changes its meaning, not when one is added
    program       what was run, as on the command line: the script, or -m and the module; arguments
    process       the identifier of the process
    elapsed, cpu  wall time and CPU time of the process while the program ran
    threads
      started     how many threads the program started
      peak        the most that were alive at one time, the main thread included
      others      null, or, of the threads that are not in the list: {count, lived, cpu, gil_waited,
                  waited, overtaken}; they are all that ended before the last 2,000 of those that
                  ended; waits for the GIL that follow a wait of ours are not in gil_waited
      list        the main thread, then the others in the order of their start; for each
        name, ident, native_id
        main      whether it is the main thread
        alive     whether it had not ended at the end of the program (a daemon thread)
        started, ended   points in time
        origin    the line that started it; null when that is not known
        cpu       its CPU time, null when not known
        waited    an object: kind of wait -> {count, total, longest}
        time      what its life was spent on: {running, gil, locks, queues, joins, elsewhere}, which
                  add up to it; see below
        overtaken how often it was woken for what another thread then took first
        starved   null, or, of a thread that waited three times as long as its peers (names that
                  differ in numbers only) for what they compete for, and a tenth of its life:
                  {waited, peers, median}, with how many peers and how long they waited
        waiting   null, or the wait it was in at the end: {kind, origin, since, holder}; holder is
                  {name, ident} of the thread that held the lock, null where that is no lock
    waits         the most waited-for first; for each line of the program and kind of wait
        kind, origin, objects, count, total, longest
        p50, p95, p99  percentiles, to one part in a hundred
        occupied  for how long at least one thread waited
    locks         the most contended first; for each line that made locks or semaphores
        kind, origin, objects
        acquired  how often they were taken (an RLock by the thread that holds it: not counted)
        contended how often of these they were taken already when the thread came
        held      of one hold in 64, and the first few: {samples, total, p50, p95, p99, longest};
                  semaphores are not held by anybody
        blockers  who held them as others came to wait: [{name, ident, waits, total}]; name and
                  ident are null for all that are not told apart (the first 64 by time are)
    queues        the most used first; for each line that made queues
        origin, objects, puts, gets
        deepest   the most items that were inside of one of them
        typical   how many an item found inside, itself included, half of the time (sampled)
        full      for how long a producer was held back
        empty     for how long a consumer waited for an item
        takers    who took the items, the most first: [{name, items}], by samples; name is null for
                  all that are not told apart (the first 64 are)
    pools         the busiest first; for each line and name of pools
        name, origin
        pools, workers   how many were made, and how many workers one may have
        submitted, ended, failed, cancelled   calls; failed ones raised, and count as ended
        depth     calls that waited for a worker as one came: {deepest, typical}
        queued    how long calls waited: {count, total, p50, p95, p99, longest}
        ran       how long they ran, in the same form
        per_second   ended calls, from the first submission to the last end
        utilisation  the share of that time in which workers ran calls (1: all of them always)
        saturated    all workers busy and calls waiting: {total, longest, waiting}, with the most
                     calls that waited in the longest such time
    verdict       what limits the program, where that is clear (docs/report.md): none, or a list of
                  up to three, the weightiest first
      code        gil, io, lock, processors, slow-stage, starved-consumers, too-many-threads,
                  too-few-workers
      weight      the share of the program's time that it goes on for
      finding, advice   in words
      figures     an object: what the finding rests on; shares are of the program's time
      origin      the line that made the lock, queue or pool, or started the threads; null where it
                  is about none
    gil           null where it could not be seen, or as sampled while there were several threads
      looks, observed      how often it was looked at, and the time that these looks stand for
      held, contended      shares of that: a thread had it; and at least one waited for it
      waiters              how many waited for it, in the mean
      blocked              the share in which it was contended and a thread slept for a lock
      handed               the share in which nobody had it, though a thread slept for it
      slower               null, or how much longer, at least, the contended time took than one
                           thread would have taken (0.1: a tenth); negative: shorter, at the most
    processors    null where it could not be seen, or as sampled while there were several threads
      available            how many the program may use
      observed             the time that the looks stand for
      crowded              the share of that in which more threads could run
      runnable             how many threads had one or waited for one, in the mean
      stretched            the share of that which there would not be with one for every thread
                           of the machine
    told          what was explained on standard error while the program ran, at most 100
        title     "deadlock" or "lock order"
        headline, text   in a few words, and the whole explanation

`kind` is Lock, RLock, Condition, Semaphore, Event, Barrier, Queue.get, Queue.put, Queue.join,
Thread.start (for a thread to begin), Thread.join, Future (for its outcome), submit (for a place in
a bounded pool), work (for a call, of pools beyond the standard ones) or RateLimit.
`origin` is {file, line}, where the object waited for was made (a thread: where it was started), or
null when that was before the program started; `objects` tells how many that line made.
`time`: `running` is CPU time (null when not known); `gil` is how long the thread waited for the
GIL: back from a wait, which `waited` and `waits` include, and otherwise, as sampled; `locks`
(conditions, events, barriers), `queues` (and a pool's calls and places), `joins` (and futures) is
time asleep there; `elsewhere` is the rest: input and output, sleep, rate limits, a busy processor.
Where the member `gil` above is null, waits for the GIL that follow no wait of ours are in there.
`waited` and `waits` tell of waits that are over. The thread that serves timers is not listed, and
its waits are not counted.
"""

from __future__ import annotations

import json

from ironthread.report.spent import Spent, starved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ironthread.report.collect import Ended, Report, Site, Thread
    from ironthread.report.spent import Starved
    from ironthread.report.usage import LockUse, PoolUse, QueueUse
    from ironthread.report.verdict import Verdict
    from ironthread.report.waited import Spread, Waited

_SCHEMA = 1
_GIL = ("looks", "observed", "held", "contended", "waiters", "blocked", "handed", "slower")
_PROCESSORS = ("available", "observed", "crowded", "runnable", "stretched")


def render(report: Report) -> str:
    """The report as JSON, a line for each member: indenting doubles what it costs."""
    members = (
        f"{json.dumps(name)}: {json.dumps(value)}" for name, value in document(report).items()
    )
    return "{\n" + ",\n".join(members) + "\n}\n"


def document(report: Report) -> dict[str, Any]:
    """The report as the object that JSON is made of."""
    suffering = {id(each.thread): each for each in starved(report.threads, report.elapsed)}
    threads = [
        _thread(thread, report.elapsed, suffering.get(id(thread))) for thread in report.threads
    ]
    return {
        "schema": _SCHEMA,
        "program": report.program,
        "process": report.process,
        "elapsed": report.elapsed,
        "cpu": report.cpu,
        "threads": {
            "started": report.started,
            "peak": report.peak,
            "others": _ended(report.ended),
            "list": threads,
        },
        "waits": [_site(site) for site in report.sites],
        "locks": [_lock(lock) for lock in report.usage.locks],
        "queues": [_queue(queue) for queue in report.usage.queues],
        "pools": [_pool(pool) for pool in report.usage.pools],
        "verdict": [_verdict(verdict) for verdict in report.verdict],
        "gil": _members(report.gil, _GIL),
        "processors": _members(report.processors, _PROCESSORS),
        "told": [
            {"title": told.title, "headline": told.headline, "text": told.text}
            for told in report.told
        ],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "code": verdict.code,
        "weight": verdict.weight,
        "finding": verdict.finding(),
        "figures": verdict.figures,
        "advice": verdict.advice(),
        "origin": _origin(verdict.origin),
    }


def _members(facts: object, names: Sequence[str]) -> dict[str, Any] | None:
    return None if facts is None else {name: getattr(facts, name) for name in names}


def _ended(ended: Ended | None) -> dict[str, Any] | None:
    if ended is None:
        return None
    return {
        "count": ended.count,
        "lived": ended.lived,
        "cpu": ended.cpu,
        "gil_waited": ended.gil_waited,
        "waited": {kind: _waited(waited) for kind, waited in ended.waited.items()},
        "overtaken": ended.overtaken,
    }


def _thread(thread: Thread, end: float, starved: Starved | None) -> dict[str, Any]:
    waiting = thread.waiting
    spent = Spent(thread, end)
    return {
        "name": thread.name,
        "ident": thread.ident,
        "native_id": thread.native_id,
        "main": thread.is_main,
        "alive": thread.alive,
        "started": thread.started,
        "ended": None if thread.alive else thread.ended,
        "origin": _origin(thread.origin),
        "cpu": thread.cpu,
        "waited": {kind: _waited(waited) for kind, waited in thread.waited.items()},
        "time": {
            part: getattr(spent, part)
            for part in ("running", "gil", "locks", "queues", "joins", "elsewhere")
        },
        "overtaken": thread.overtaken,
        "starved": starved
        and {"waited": starved.waited, "peers": starved.peers, "median": starved.median},
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
        **_spread(site.spread),
        "occupied": site.occupied,
    }


def _lock(lock: LockUse) -> dict[str, Any]:
    held = lock.held
    return {
        "kind": lock.kind,
        "origin": _origin(lock.origin),
        "objects": lock.objects,
        "acquired": lock.acquired,
        "contended": lock.contended,
        "held": {
            "samples": held.count,
            "total": held.total,
            **_spread(lock.spread),
            "longest": held.longest,
        },
        "blockers": [
            {
                "name": blocker.name,
                "ident": blocker.ident,
                "waits": blocker.waited.count,
                "total": blocker.waited.total,
            }
            for blocker in lock.blockers
        ],
    }


def _queue(queue: QueueUse) -> dict[str, Any]:
    return {
        "origin": _origin(queue.origin),
        "objects": queue.objects,
        "puts": queue.puts,
        "gets": queue.gets,
        "deepest": queue.deepest,
        "typical": queue.typical,
        "full": queue.full,
        "empty": queue.empty,
        "takers": [{"name": taker.name, "items": taker.items} for taker in queue.takers],
    }


def _pool(pool: PoolUse) -> dict[str, Any]:
    return {
        "name": pool.name,
        "origin": _origin(pool.origin),
        "pools": pool.pools,
        "workers": pool.workers,
        "submitted": pool.submitted,
        "ended": pool.ran.count,
        "failed": pool.failed,
        "cancelled": pool.cancelled,
        "depth": {"deepest": pool.deepest, "typical": pool.typical},
        "queued": {**_waited(pool.queued), **_spread(pool.queued_spread)},
        "ran": {**_waited(pool.ran), **_spread(pool.ran_spread)},
        "per_second": pool.per_second,
        "utilisation": pool.utilisation,
        "saturated": {
            "total": pool.saturated,
            "longest": pool.saturated_longest,
            "waiting": pool.saturated_waiting,
        },
    }


def _waited(waited: Waited) -> dict[str, Any]:
    return {"count": waited.count, "total": waited.total, "longest": waited.longest}


def _spread(spread: Spread) -> dict[str, Any]:
    return {"p50": spread.p50, "p95": spread.p95, "p99": spread.p99}


def _origin(origin: tuple[str, int] | None) -> dict[str, Any] | None:
    return None if origin is None else {"file": origin[0], "line": origin[1]}
