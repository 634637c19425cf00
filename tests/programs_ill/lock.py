"""Four threads that do everything under one lock, and wait there for what takes its time."""

import threading
import time

guard = threading.Lock()  # the line


def work() -> None:
    """Write to a slow device, one at a time."""
    for _ in range(25):
        with guard:
            time.sleep(0.005)


threads = [threading.Thread(target=work, name=f"worker-{each}") for each in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
