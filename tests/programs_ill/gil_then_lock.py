"""Threads that compute, and then do what takes its time one after the other under a lock."""

import threading
import time

guard = threading.Lock()  # the line


def work() -> None:
    """Compute, wait for the others, write to a slow device."""
    begin = time.monotonic()
    end = time.thread_time() + 0.2
    while time.thread_time() < end:
        sum(range(200))
    together.wait()
    # For as long again: that depends on what else goes on.
    again = 2 * time.monotonic() - begin
    while time.monotonic() < again:
        with guard:
            time.sleep(0.005)


together = threading.Barrier(5)
threads = [threading.Thread(target=work) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
