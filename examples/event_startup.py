"""Start services in the order they need each other, and stop them in the reverse order.

Every service is a thread with an `Event` for each step of its life: `settled` (it runs, or never
will), `worked` and `ended`. A service waits for those it needs before it starts, and for those
that need it before it ends. One more `Event`, shared by all, asks them to stop; a running service
waits on it with a timeout to do its regular work in between.

The program runs the services twice: once all is well, once the database fails to start, so that
whatever needs it must be given up while the rest runs and stops in order.

A start waits a few milliseconds to stand for the real work of it.

    python examples/event_startup.py
    ironthread run examples/event_startup.py
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, field

NEEDS: dict[str, tuple[str, ...]] = {
    "frontend": ("api", "sessions"),
    "api": ("database", "cache"),
    "sessions": ("cache",),
    "cache": ("settings",),
    "database": ("settings",),
    "settings": (),
}
START_SECONDS = 0.02
WORK_SECONDS = 0.005
PATIENCE_SECONDS = 30.0


@dataclass
class Journal:
    """What happened, in order."""

    entries: list[tuple[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, service: str, what: str) -> None:
        """Add what happened to a service."""
        with self._lock:
            self.entries.append((service, what))

    def of(self, what: str) -> list[str]:
        """Return the services this happened to, in order."""
        return [service for service, noted in self.entries if noted == what]


class Service(threading.Thread):
    """A thread that runs while those it needs run."""

    def __init__(self, name: str, fails: bool, stop: threading.Event, journal: Journal) -> None:
        super().__init__(name=name)
        self.fails = fails
        self.stop = stop
        self.journal = journal
        self.needs: list[Service] = []
        self.needed_by: list[Service] = []
        self.running = False
        self.settled = threading.Event()
        self.worked = threading.Event()
        self.ended = threading.Event()

    def run(self) -> None:
        """Start, work until asked to stop, and stop."""
        try:
            self.running = self._start_up()
            self.settled.set()
            if self.running:
                self._serve()
                self._shut_down()
        finally:  # whatever happened, nobody shall wait for ever
            self.settled.set()
            self.ended.set()

    def _start_up(self) -> bool:
        for service in self.needs:
            service.settled.wait()
        if not all(service.running for service in self.needs):
            self.journal.note(self.name, "given up")
            return False
        time.sleep(START_SECONDS)
        self.journal.note(self.name, "failed" if self.fails else "started")
        return not self.fails

    def _serve(self) -> None:
        while not self.stop.wait(WORK_SECONDS):
            self.worked.set()

    def _shut_down(self) -> None:
        for service in self.needed_by:
            service.ended.wait()
        self.journal.note(self.name, "stopped")


def build(failing: str, stop: threading.Event, journal: Journal) -> dict[str, Service]:
    """Make all services, and tell each of those it needs and those that need it."""
    services = {name: Service(name, name == failing, stop, journal) for name in NEEDS}
    for name, needs in NEEDS.items():
        for need in needs:
            services[name].needs.append(services[need])
            services[need].needed_by.append(services[name])
    return services


def run(failing: str = "") -> Journal:
    """Start all services, let each do some work, and stop them."""
    stop = threading.Event()
    journal = Journal()
    services = build(failing, stop, journal)
    for service in services.values():
        service.start()
    for service in services.values():
        service.settled.wait()
        if service.running and not service.worked.wait(PATIENCE_SECONDS):
            journal.note(service.name, "idle")
    stop.set()
    for service in services.values():
        service.join()
    return journal


def in_order(names: list[str], after: dict[str, tuple[str, ...]]) -> bool:
    """Tell whether each name comes after all of those it must come after."""
    place = {name: index for index, name in enumerate(names)}
    return all(place[other] < place[name] for name in names for other in after[name])


def verify(journal: Journal, running: set[str], failed: set[str]) -> list[str]:
    """Return the claims that do not hold."""
    started, stopped = journal.of("started"), journal.of("stopped")
    given_up = set(NEEDS) - running - failed
    claims = {
        f"{sorted(running)} start, once each ({started})": sorted(started) == sorted(running),
        "each starts after what it needs": in_order(started, NEEDS),
        f"{sorted(running)} stop, once each ({stopped})": sorted(stopped) == sorted(running),
        "each stops before what it needs": in_order(stopped[::-1], NEEDS),
        "each does some work in between": not journal.of("idle"),
        f"{sorted(failed)} fail": set(journal.of("failed")) == failed,
        f"{sorted(given_up)} are given up": set(journal.of("given up")) == given_up,
    }
    return [claim for claim, holds in claims.items() if not holds]


def main() -> int:
    """Run the example; return the exit status."""
    well = run()
    print(f"all well        started {', '.join(well.of('started'))}")
    print(f"                stopped {', '.join(well.of('stopped'))}")
    problems = verify(well, running=set(NEEDS), failed=set())

    ill = run(failing="database")
    print(f"database fails  started {', '.join(ill.of('started'))}")
    print(f"                stopped {', '.join(ill.of('stopped'))}")
    print(f"                given up {', '.join(ill.of('given up'))}")
    problems += verify(ill, running={"settings", "cache", "sessions"}, failed={"database"})

    for problem in problems:
        print(f"event_startup: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print("event_startup: OK, every start and stop in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
