"""A thread for each addition."""

import threading

total: list[int] = []
for number in range(10_000):
    thread = threading.Thread(target=total.append, args=(number,))
    thread.start()
    thread.join()
