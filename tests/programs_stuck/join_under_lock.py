"""A thread joined under the lock that it needs to end."""

import sys
import threading

cured = sys.argv[1] == "cured"
state = threading.Lock()  # [state]


def finish() -> None:
    with state:
        pass


with state:  # [main has]
    finisher = threading.Thread(target=finish, name="finisher")
    finisher.start()  # [started]
    if not cured:
        finisher.join()
finisher.join()
