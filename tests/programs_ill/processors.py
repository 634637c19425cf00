"""Eight threads for each processor that compute without the GIL."""

import hashlib
import os
import threading
import time

data = bytes(1 << 20)


def work() -> None:
    """Hash for as long as it takes to use so much processor time."""
    end = time.thread_time() + 0.15
    while time.thread_time() < end:
        hashlib.sha256(data)


threads = [threading.Thread(target=work) for _ in range(8 * len(os.sched_getaffinity(0)))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
