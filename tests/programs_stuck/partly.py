"""Two threads are stuck while the rest of the program goes on."""

import sys
import threading

cured = sys.argv[1] == "cured"
meet = threading.Barrier(2)
users = threading.Lock()  # [users]
orders = threading.Lock()  # [orders]
over = threading.Event()


def serve() -> None:
    while not over.wait(0.01):
        pass


def report() -> None:
    with users:  # [report has]
        if not cured:
            meet.wait()
        with orders:
            pass


def bill() -> None:
    with users if cured else orders:  # [bill has]
        if not cured:
            meet.wait()
        with orders if cured else users:
            pass


threading.Thread(target=serve, name="server").start()
stuck = [threading.Thread(target=each, name=each.__name__) for each in (report, bill)]
for each in stuck:
    each.start()
for each in stuck:
    each.join()
over.set()
