"""Runs the tests of one job, starting over after each hang or crash with those that are left."""

import json
from dataclasses import dataclass

from .events import Event
from .outcome import Outcome, Results
from .process import Ended, Launcher

PATIENCE = 3
"""Hangs and crashes of one job after which the rest of it is given up."""

ABSENT = Outcome("missing", "there is no such test here")


@dataclass(frozen=True)
class Job:
    """Tests of one module that share a process."""

    suite: str
    tests: tuple[str, ...]
    """Their names: `Class.method`."""
    case: str = ""
    """The class, when they all are of one."""

    @property
    def name(self) -> str:
        """What the ids of its tests begin with."""
        return f"{self.suite}.{self.case}" if self.case else self.suite

    def id(self, test: str) -> str:
        """The id of one of its tests."""
        return f"{self.suite}.{test}"

    def only(self, tests: tuple[str, ...]) -> "Job":
        """The same job with some of its tests."""
        return Job(self.suite, tests, self.case)


def run_job(launcher: Launcher, job: Job) -> tuple[Results, list[str]]:
    """The outcome of every test of the job, and notes."""
    results, notes = Results(), dict[str, None]()
    left = list(job.tests)
    for _ in range(PATIENCE):
        ended = launcher.run("run", job.suite, json.dumps(left))
        notes.update({event["text"]: None for event in ended.events if event["kind"] == "note"})
        collect(job, left, ended, results)
        left = [test for test in left if job.id(test) not in results]
        if not left:
            break
    for test in left:
        results[job.id(test)] = Outcome(
            "failed", f"not run: given up after {PATIENCE} hangs or crashes"
        )
    return results, list(notes)


def collect(job: Job, left: list[str], ended: Ended, results: Results) -> None:
    """Enter what one process told about the tests that were left."""
    running: str | None = None
    fixtures: dict[str, Outcome] = {}  # by class; "" is the module
    for event in ended.events:
        match event["kind"]:
            case "start":
                running = event["test"]
            case "end":
                running = None
                results[job.id(event["test"])] = Outcome(event["outcome"], event["detail"])
            case "fixture":
                fixtures[event["case"]] = _fixture(event)
            case "broken":
                fixtures[""] = Outcome("failed", event["detail"])
            case "amiss":
                results[f"{job.name}.[{event['what']}]"] = Outcome("amiss", event["detail"])
    silent = [test for test in left if job.id(test) not in results]
    end = Outcome("hung" if ended.hung else "crashed", f"{ended.describe()}\n{ended.log}")
    if ended.done:
        _explain(job, silent, fixtures, results)
    elif running is not None:
        results[job.id(running)] = end
    else:
        results.update({job.id(test): end for test in silent})
    if (ended.hung or ended.status != 0) and not silent:
        results[f"{job.name}.[exit]"] = Outcome("amiss", end.detail)


def _fixture(event: Event) -> Outcome:
    return Outcome(event["outcome"], f"{event['what']}\n{event['detail']}")


def _explain(job: Job, silent: list[str], fixtures: dict[str, Outcome], results: Results) -> None:
    """Why tests were not run, by the fixtures around them; a fixture that only failed is amiss."""
    explained = set()
    for test in silent:
        case = test.rpartition(".")[0]
        around = case if case in fixtures else ""
        explained.add(around)
        results[job.id(test)] = fixtures.get(around, ABSENT)
    for case, found in fixtures.items():
        if found.kind == "failed" and case not in explained:
            results[f"{job.name}.[fixture]"] = Outcome("amiss", found.detail)
