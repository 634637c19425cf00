"""One thread computes what three others wait for."""

import queue
import threading
import time

items: "queue.Queue[int | None]" = queue.Queue()  # the line


def consume() -> None:
    """Take what comes."""
    while items.get() is not None:
        pass


threads = [threading.Thread(target=consume) for _ in range(3)]
for thread in threads:
    thread.start()
for number in range(60):
    end = time.thread_time() + 0.01
    while time.thread_time() < end:
        sum(range(200))
    items.put(number)
for _ in threads:
    items.put(None)
for thread in threads:
    thread.join()
