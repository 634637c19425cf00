"""One thread computes; another writes down what it says now and then."""

import queue
import threading
import time

log: "queue.Queue[str | None]" = queue.Queue()
writer = threading.Thread(target=lambda: [*iter(log.get, None)])
writer.start()
for number in range(50):
    end = time.thread_time() + 0.01
    while time.thread_time() < end:
        sum(range(200))
    log.put(f"step {number}")
log.put(None)
writer.join()
