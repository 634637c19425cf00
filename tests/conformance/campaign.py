"""Plans a run and carries it out: what there is to run, is ironthread in place, class by class."""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby

from .classrun import Job, run_class
from .events import Event
from .exclusions import Exclusion
from .process import Launcher
from .verdict import Verdict, baseline, judge


class CannotRunError(Exception):
    """The run cannot start; the message says why."""


@dataclass(frozen=True)
class Inventory:
    """What the standard library of this interpreter has to offer."""

    tests: dict[str, tuple[str, str, str]]
    """Test id -> suite, class, method."""
    absent: dict[str, str]
    """Suites that are not there -> why."""
    gil: bool
    """Whether the interpreter runs with its GIL."""


@dataclass(frozen=True)
class Finished:
    """A class that has been run and judged."""

    job: Job
    verdicts: list[Verdict]
    notes: list[str]


def _ask(launcher: Launcher, task: str) -> list[Event]:
    ended = launcher.run(task)
    broken = next((event for event in ended.events if event["kind"] == "broken"), None)
    if broken:
        raise CannotRunError(broken["detail"])
    if not ended.done:
        raise CannotRunError(f"{task}: {ended.describe()}\n{ended.log}")
    return ended.events


def take_inventory(launcher: Launcher) -> Inventory:
    """List the tests, always on the standard library: what ironthread loses must be noticed."""
    events = _ask(launcher, "inventory")
    tests = {
        f"{event['suite']}.{event['case']}.{test}": (event["suite"], event["case"], test)
        for event in events
        if event["kind"] == "class"
        for test in event["tests"]
    }
    absent = {event["suite"]: event["reason"] for event in events if event["kind"] == "absent"}
    return Inventory(tests, absent, events[-1]["gil"])


def check_installation(launcher: Launcher, gil: bool) -> list[Verdict]:
    """What ironthread's installation left undone."""
    events = _ask(launcher, "installed")
    undone = [
        Verdict(f"installation.{event['name']}", "failed", event["objection"])
        for event in events
        if event["kind"] == "subject" and event["objection"]
    ]
    if events[-1]["gil"] and not gil:
        detail = "the interpreter has switched its GIL on: nothing here is tested without it"
        undone.append(Verdict("installation.[gil]", "failed", detail))
    return undone


def select(
    inventory: Inventory, patterns: Iterable[str], exclusions: Iterable[Exclusion]
) -> tuple[list[Job], list[str]]:
    """The jobs for the tests that match a pattern, and which of those tests are excluded."""
    wanted = [pattern if "*" in pattern else f"*{pattern}*" for pattern in patterns] or ["*"]
    matching = [id for id in inventory.tests if any(fnmatchcase(id, like) for like in wanted)]
    rules = list(exclusions)
    excluded = [id for id in matching if any(rule.matches(id) for rule in rules)]
    chosen = [inventory.tests[id] for id in matching if id not in set(excluded)]
    jobs = [
        Job(suite, case, tuple(test for _, _, test in members))
        for (suite, case), members in groupby(chosen, key=lambda entry: entry[:2])
    ]
    return jobs, excluded


def carry_out(
    jobs: Iterable[Job],
    target: Launcher,
    reference: Launcher | None,
    at_once: int,
    stop: threading.Event,
) -> Iterator[Finished]:
    """Run the jobs on `target`, hold them against `reference`; in the order they are finished."""

    def finish(job: Job) -> Finished:
        results, notes = run_class(target, job)
        stock = baseline(reference, job, results) if reference else None
        return Finished(job, judge(results, stock), notes)

    pool = ThreadPoolExecutor(at_once)
    try:
        for future in as_completed([pool.submit(finish, job) for job in jobs]):
            yield future.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
