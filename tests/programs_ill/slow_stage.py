"""A pipeline of three stages whose second takes five times as long as the others."""

import queue
import threading
import time

pages: "queue.Queue[int | None]" = queue.Queue(5)  # the line
results: "queue.Queue[int | None]" = queue.Queue(5)


def parse() -> None:
    """Take a page, give a result."""
    while (page := pages.get()) is not None:
        time.sleep(0.01)
        results.put(page)
    results.put(None)


def store() -> None:
    """Take a result."""
    while results.get() is not None:
        time.sleep(0.002)


threads = [threading.Thread(target=parse), threading.Thread(target=store)]
for thread in threads:
    thread.start()
for number in range(80):
    time.sleep(0.002)
    pages.put(number)
pages.put(None)
for thread in threads:
    thread.join()
