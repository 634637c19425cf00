"""Plans a run and carries it out: what there is to run, is ironthread in place, job by job."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import groupby

from .events import Event
from .exclusions import Exclusion
from .jobrun import Job, run_job
from .process import Launcher
from .suite import Suite
from .verdict import Verdict, baseline, judge


class CannotRunError(Exception):
    """The run cannot start; the message says why."""


@dataclass(frozen=True)
class Inventory:
    """What the standard library of this interpreter has to offer."""

    tests: Mapping[str, tuple[str, ...]]
    """Suite -> names of its tests."""
    absent: Mapping[str, str]
    """Suites that are not there -> why."""
    gil: bool
    """Whether the interpreter runs with its GIL."""
    lent: frozenset[str] = frozenset()
    """Suites that come from another interpreter."""

    def ids(self) -> list[str]:
        """The ids of all tests."""
        return [f"{suite}.{test}" for suite, tests in self.tests.items() for test in tests]


@dataclass(frozen=True)
class Plan:
    """What is to be run."""

    jobs: list[Job] = field(default_factory=list)
    excluded: dict[str, list[str]] = field(default_factory=dict)
    """Suite -> ids of its tests that do not count."""


@dataclass(frozen=True)
class Finished:
    """A job that has been run and judged."""

    job: Job
    verdicts: list[Verdict]
    notes: list[str]
    seconds: float


def _ask(launcher: Launcher, task: str, *arguments: str) -> list[Event]:
    ended = launcher.run(task, *arguments)
    broken = next((event for event in ended.events if event["kind"] == "broken"), None)
    if broken:
        raise CannotRunError(broken["detail"])
    if not ended.done:
        raise CannotRunError(f"{task} {' '.join(arguments)}: {ended.describe()}\n{ended.log}")
    return ended.events


def take_inventory(launcher: Launcher, suites: Iterable[Suite], at_once: int) -> Inventory:
    """List the tests, always on the standard library: what ironthread loses must be noticed."""
    names = [suite.module for suite in suites]
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(lambda name: _ask(launcher, "inventory", name), names))
    tests, absent, lent, gil = {}, {}, set[str](), True
    for name, (answer, last) in zip(names, answers, strict=True):
        gil = last["gil"]
        if answer["kind"] == "absent":
            absent[name] = answer["reason"]
        else:
            tests[name] = tuple(answer["tests"])
            if answer["lent"]:
                lent.add(name)
    return Inventory(tests, absent, gil, frozenset(lent))


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


def plan(
    inventory: Inventory,
    suites: Iterable[Suite],
    patterns: Iterable[str],
    exclusions: Sequence[Exclusion],
) -> Plan:
    """The jobs for the tests that match a pattern, and which of those tests are excluded."""
    wanted = [pattern if "*" in pattern else f"*{pattern}*" for pattern in patterns] or ["*"]
    made = Plan()
    for suite in suites:
        chosen = []
        for test in inventory.tests.get(suite.module, ()):
            id = f"{suite.module}.{test}"
            if not any(fnmatchcase(id, like) for like in wanted):
                continue
            if any(rule.matches(id) for rule in exclusions):
                made.excluded.setdefault(suite.module, []).append(id)
            else:
                chosen.append(test)
        made.jobs.extend(_jobs(suite, chosen))
    return made


def _jobs(suite: Suite, tests: Sequence[str]) -> Iterator[Job]:
    if suite.class_by_class:
        for case, members in groupby(tests, key=lambda test: test.rpartition(".")[0]):
            yield Job(suite.module, tuple(members), case)
    elif tests:
        yield Job(suite.module, tuple(tests))


def carry_out(
    jobs: Iterable[Job],
    target: Launcher,
    reference: Launcher | None,
    at_once: int,
    stop: threading.Event,
) -> Iterator[Finished]:
    """Run the jobs on `target`, hold them against `reference`; in the order they are finished."""

    def finish(job: Job) -> Finished:
        begun = time.monotonic()
        results, notes = run_job(target, job)
        stock = baseline(reference, job, results) if reference else None
        return Finished(job, judge(results, stock), notes, time.monotonic() - begun)

    pool = ThreadPoolExecutor(at_once)
    try:
        for future in as_completed([pool.submit(finish, job) for job in jobs]):
            yield future.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
