"""Runs the tests of one class, starting over after each hang or crash with those that are left."""

from dataclasses import dataclass

from .outcome import Outcome, Results
from .process import Ended, Launcher

PATIENCE = 3
"""Hangs and crashes of one class after which the rest of it is given up."""


@dataclass(frozen=True)
class Job:
    """Tests of one class."""

    suite: str
    case: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """The class, as in the ids of its tests."""
        return f"{self.suite}.{self.case}"


def run_class(launcher: Launcher, job: Job) -> tuple[Results, list[str]]:
    """The outcome of every test of the job, and notes."""
    results, notes = Results(), dict[str, None]()
    left, ended = list(job.tests), None
    for _ in range(PATIENCE):
        ended = launcher.run("run", job.suite, job.case, ",".join(left))
        notes.update({event["text"]: None for event in ended.events if event["kind"] == "note"})
        _collect(job, left, ended, results)
        left = [test for test in left if f"{job.name}.{test}" not in results]
        if not left:
            break
    for test in left:
        results[f"{job.name}.{test}"] = Outcome(
            "failed", f"not run: given up after {PATIENCE} hangs or crashes"
        )
    return results, list(notes)


def _collect(job: Job, left: list[str], ended: Ended, results: Results) -> None:
    """Enter what one process told about the tests that were left."""
    running, around = None, Outcome("missing", "the class has no such test here")
    for event in ended.events:
        match event["kind"]:
            case "start":
                running = event["test"]
            case "end":
                running = None
                results[f"{job.name}.{event['test']}"] = Outcome(event["outcome"], event["detail"])
            case "fixture":
                around = Outcome(event["outcome"], f"{event['what']}\n{event['detail']}")
            case "broken":
                around = Outcome("failed", event["detail"])
            case "amiss":
                results[f"{job.name}.[{event['what']}]"] = Outcome("amiss", event["detail"])
    ids = [f"{job.name}.{test}" for test in left]
    silent = [id for id in ids if id not in results]
    end = Outcome("hung" if ended.hung else "crashed", f"{ended.describe()}\n{ended.log}")
    if ended.done:
        results.update(dict.fromkeys(silent, around))
        if around.kind == "failed" and not silent:
            results[f"{job.name}.[fixture]"] = Outcome("amiss", around.detail)
    elif running is not None:
        results[f"{job.name}.{running}"] = end
    else:
        results.update(dict.fromkeys(silent, end))
    if (ended.hung or ended.status != 0) and not silent:
        results[f"{job.name}.[exit]"] = Outcome("amiss", end.detail)
