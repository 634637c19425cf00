"""Threads of no pool that the program waits for, while they are in input and output."""

from __future__ import annotations

from ironthread.report.names import families, label
from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict
from ironthread.report.verdict.idle import elsewhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report, Site, Thread


def plain_io(report: Report) -> list[Verdict]:
    """Half of the time somebody joined threads that then ended, and were mostly elsewhere.

    A server's thread waits as well, for requests, and is not ill. It runs until the program ends,
    or alone, or waits for somebody to connect; nothing is said of such.
    """
    joined = _joined(report)
    if joined is None:
        return []
    started = [thread for thread in report.threads if thread.origin == joined.origin]
    threads = [thread for thread in started if not thread.alive]
    if len(threads) < thresholds.SEVERAL or _listen(report, threads):
        return []
    away = elsewhere(report, threads)
    if away is None:
        return []
    share = joined.occupied / report.elapsed
    finding = (
        f"The threads started at {{place}} ({families([label(thread) for thread in threads])}) are "
        f"in input and output, or asleep, for {away:.0%} of their time. For {share:.0%} of the "
        "time the program waits for them to end."
    )
    advice = "More of them at a time, if there is more to fetch, or asyncio; they hardly compute."
    figures = {"elsewhere": away, "joined": share, "threads": len(threads)}
    figures["cpu"] = report.cpu / report.elapsed
    return [Verdict("io", share, finding, advice, figures, joined.origin)]


def _joined(report: Report) -> Site | None:
    """The line that started several threads that were then waited for most of the time."""
    pools = {pool.origin for pool in report.usage.pools}
    joins = (
        site
        for site in report.sites
        if site.kind == "Thread.join"
        and site.origin is not None
        and site.origin not in pools
        and site.objects >= thresholds.SEVERAL
        and site.occupied >= thresholds.MOST * report.elapsed
    )
    return max(joins, key=lambda site: site.occupied, default=None)


def _listen(report: Report, threads: list[Thread]) -> bool:
    """Whether they wait for somebody to connect, or that was not looked at."""
    if report.processors is None:
        return True
    lived = sum(thread.lived for thread in threads)
    return sum(thread.accepting for thread in threads) > thresholds.LITTLE * lived
