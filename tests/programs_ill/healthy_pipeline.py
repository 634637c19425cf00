"""A pipeline of two stages that take equally long."""

import queue
import threading
import time

items: "queue.Queue[int | None]" = queue.Queue(50)


def consume() -> None:
    """Take as much time as the producer does."""
    while items.get() is not None:
        time.sleep(0.005)


thread = threading.Thread(target=consume)
thread.start()
for number in range(100):
    time.sleep(0.005)
    items.put(number)
items.put(None)
thread.join()
