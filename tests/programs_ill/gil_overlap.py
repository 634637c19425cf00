"""Threads that want the GIL all the time, and gain: they sleep as much as they compute."""

import threading
import time


def work() -> None:
    """Compute and sleep in turn."""
    for _ in range(40):
        end = time.thread_time() + 0.005
        while time.thread_time() < end:
            sum(range(200))
        time.sleep(0.005)


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
