"""Logging over a queue: producers in several threads, one listener, handlers of different levels."""

import logging
import logging.handlers
import queue
import sys
import threading
from pathlib import Path

PRODUCERS = 6
RECORDS = 200


class Counting(logging.Handler):
    """Counts records, under the lock that every handler has."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        assert threading.current_thread().name != record.threadName
        name = f"{record.threadName} {record.levelname}"
        self.counts[name] = self.counts.get(name, 0) + 1


def produce(number: int) -> None:
    log = logging.getLogger(f"producer.{number}")
    for index in range(RECORDS):
        level = logging.ERROR if index % 50 == 49 else logging.INFO
        log.log(level, "record %d", index, extra={"index": index})
    try:
        raise ValueError(f"the end of {number}")
    except ValueError:
        log.exception("failed")


def assert_in_order(file: Path) -> int:
    """Each producer's records are in the order in which it wrote them. Returns how many there are."""
    last: dict[str, int] = {}
    found = 0
    for line in file.read_text(encoding="utf-8").splitlines():
        if " record " not in line:
            continue
        producer, _, index = line.split()[1:4]
        assert int(index) == last.get(producer, -1) + 1, line
        last[producer] = int(index)
        found += 1
    return found


def main(file: Path) -> None:
    records: queue.Queue[logging.LogRecord] = queue.Queue()
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(logging.handlers.QueueHandler(records))
    counting = Counting()
    errors = logging.StreamHandler(sys.stderr)
    errors.setLevel(logging.ERROR)
    to_file = logging.FileHandler(file, "w", encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(threadName)s %(name)s %(message)s"))
    listener = logging.handlers.QueueListener(
        records, counting, errors, to_file, respect_handler_level=True
    )
    listener.start()
    producers = [
        threading.Thread(target=produce, args=[number], name=f"producer-{number}")
        for number in range(PRODUCERS)
    ]
    for thread in producers:
        thread.start()
    for thread in producers:
        thread.join()
    listener.stop()
    to_file.close()
    for name, count in sorted(counting.counts.items()):
        print(name, count)
    print("in order:", assert_in_order(file))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
