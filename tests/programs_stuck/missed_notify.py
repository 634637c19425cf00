"""A notification that comes before its wait; cured: the wait asks for what was notified of."""

import sys
import threading

cured = sys.argv[1] == "cured"
ready = threading.Condition()  # [ready]
begin = threading.Event()
is_ready = False


def consume() -> None:
    begin.wait()
    with ready:
        while not (cured and is_ready):
            ready.wait()


consumer = threading.Thread(target=consume, name="consumer")
consumer.start()
with ready:
    is_ready = True
    ready.notify()
begin.set()
