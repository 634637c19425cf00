"""A service: workers take jobs that come in on standard input. Ends in the way its argument says.

    drain     SIGTERM is noted; the workers finish what came in, and the status is 0
    exit      SIGTERM raises SystemExit(143) in the main thread, wherever that waits

SIGUSR1 asks for a line about the state.
"""

import queue
import signal
import sys
import threading
from types import FrameType

WORKERS = 4
LOOK = 0.2
"""Seconds between looks. CPython misses a signal that arrives just before it goes to sleep."""


class Service:
    """A feeder that reads jobs, workers that do them, a main thread that waits for the end."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[int | None] = queue.Queue(8)
        self.done: list[int] = []
        self.report = threading.Lock()
        self.stopping = threading.Event()
        self.workers = [
            threading.Thread(target=self.work, name=f"worker-{number}") for number in range(WORKERS)
        ]
        self.feeder = threading.Thread(target=self.feed, name="feeder")

    def start(self) -> None:
        for thread in (*self.workers, self.feeder):
            thread.start()

    def feed(self) -> None:
        for line in sys.stdin:
            self.jobs.put(int(line))

    def work(self) -> None:
        while (job := self.jobs.get()) is not None:
            with self.report:
                self.done.append(job * job)
                if len(self.done) % 100 == 0:
                    say(f"done {len(self.done)}")
            self.jobs.task_done()
        self.jobs.task_done()

    def drain(self) -> None:
        self.feeder.join()
        self.jobs.join()
        for _ in self.workers:
            self.jobs.put(None)
        for worker in self.workers:
            worker.join()


def exit_at_once(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(way: str) -> None:
    service = Service()
    service.start()
    if way == "exit":
        signal.signal(signal.SIGTERM, exit_at_once)
    else:
        signal.signal(signal.SIGTERM, lambda *_: service.stopping.set())
    signal.signal(signal.SIGUSR1, lambda *_: say(f"under way: {state(service) > 0}"))
    say("ready")
    try:
        if way == "exit":
            while service.workers[0].is_alive():  # for ever: nobody tells the workers to end
                service.workers[0].join(LOOK)
        else:
            while not service.stopping.wait(LOOK):
                pass
    finally:
        service.drain()
        say(f"sum {sum(service.done)} of {len(service.done)}")


def say(line: str) -> None:
    """Write a line at once; `print` writes its end apart, and others write in between."""
    sys.stdout.write(f"{line}\n")


def state(service: Service) -> int:
    with service.report:  # which a worker may hold; never the main thread, in which handlers run
        return len(service.done)


if __name__ == "__main__":
    main(sys.argv[1])
