"""A lock that threads wait for."""

from __future__ import annotations

from ironthread.report.table import duration
from ironthread.report.verdict import thresholds
from ironthread.report.verdict.finding import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report, Site
    from ironthread.report.usage import LockUse

_KINDS = frozenset({"Lock", "RLock"})


def locks(report: Report) -> list[Verdict]:
    """A third of the time somebody waited for the locks that one line made."""
    uses = {(use.kind, use.origin): use for use in report.usage.locks}
    found: list[Verdict] = []
    for site in report.sites:
        use = uses.get((site.kind, site.origin))
        if site.kind in _KINDS and use is not None and _is_ill(report, site, use):
            found.append(_verdict(report, site, use))
    return found


def _is_ill(report: Report, site: Site, use: LockUse) -> bool:
    return (
        site.occupied >= thresholds.PART * report.elapsed
        # One thread at least is always kept by it, not one after the other now and then.
        and site.waited.total >= thresholds.PART * report.elapsed
        and use.contended >= thresholds.CONTENDED
        and use.share >= thresholds.LITTLE
    )


def _verdict(report: Report, site: Site, use: LockUse) -> Verdict:
    occupied = site.occupied / report.elapsed
    by = _holder(use)
    finding = (
        f"Threads wait for the {site.kind} made at {{place}}: somebody did for {occupied:.0%} of "
        f"the time, and {use.share:.0%} of {use.acquired:,} acquisitions found it taken."
    )
    figures = {
        "occupied": occupied,
        "waiting": site.waited.total / report.elapsed,
        "contended": use.share,
        "held": use.spread.p50,
        "by": by,
    }
    mostly = f", mostly by {by} as others came" if by else ""
    finding += f" It is held for {duration(use.spread.p50)} in the median{mostly}."
    advice = "Do less while it is held, or give each part of the data a lock of its own."
    return Verdict("lock", occupied, finding, advice, figures, site.origin)


def _holder(use: LockUse) -> str | None:
    """The thread that held it for most of the time that others waited."""
    total = sum(blocker.waited.total for blocker in use.blockers)
    if not use.blockers or use.blockers[0].waited.total < thresholds.MOST * total:
        return None
    return use.blockers[0].name
