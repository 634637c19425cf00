"""The report as JSON: one object, a line for each of its members.

`schema.json` beside this file says what is in it (JSON Schema, draft 2020-12); docs/report-json.md
shows that to users, and the tests hold reports against it. Whoever adds a member adds it there.
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

# It goes up when a member goes or changes its meaning, not when one is added.
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
