"""Six threads on two processors that let go of the GIL for a moment every few microseconds."""

import os
import threading
import time

processors = sorted(os.sched_getaffinity(0))[:2]
# Long enough for a hundred looks: of thirty, too few find a thread that wants the GIL now and then.
end = time.monotonic() + 1.2


def work(number: int) -> None:
    """Write to a pipe, read that, compute a little: nothing in it has to be waited for."""
    # Wherever the system would have them run: on one processor they would have their turns.
    os.sched_setaffinity(0, {processors[number % len(processors)]})
    read, write = os.pipe()
    while time.monotonic() < end:
        os.write(write, b"x")
        os.read(read, 1)
        sum(range(100))


threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
