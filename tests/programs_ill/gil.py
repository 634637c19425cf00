"""Four threads that only compute."""

import threading
import time


def burn() -> None:
    """Compute for as long as it takes to use so much processor time."""
    end = time.thread_time() + 0.15
    while time.thread_time() < end:
        sum(range(200))


threads = [threading.Thread(target=burn) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
