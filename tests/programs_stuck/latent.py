"""Two orders that never meet in this run: the threads come one after the other."""

import sys
import threading

cured = sys.argv[1] == "cured"
cache = threading.Lock()  # [cache]
index = threading.Lock()  # [index]
steps: list[str] = []


def look_up() -> None:
    with cache:  # [look_up takes cache]
        steps.append("cached?")
        with index:  # [look_up takes index]
            pass


def rebuild() -> None:
    with cache if cured else index:  # [rebuild takes index]
        steps.append("rebuilding")
        with index if cured else cache:  # [rebuild takes cache]
            pass


for each in (look_up, rebuild):
    thread = threading.Thread(target=each, name=each.__name__)
    thread.start()
    thread.join()
