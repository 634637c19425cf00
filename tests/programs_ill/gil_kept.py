"""One thread would take as long: these call what sleeps and keeps the GIL, as an extension may."""

import ctypes
import threading

usleep = ctypes.PyDLL(None).usleep


def work() -> None:
    """Sleep for 0.3 s, a little at a time."""
    for _ in range(150):
        usleep(2000)


threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
