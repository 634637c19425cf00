"""Two orders, and a lock that is always taken first: they cannot meet. There is nothing to cure."""

import threading

gate = threading.Lock()
cache = threading.Lock()
index = threading.Lock()


def look_up() -> None:
    with gate, cache, index:
        pass


def rebuild() -> None:
    with gate, index, cache:
        pass


for _ in range(50):
    threads = [threading.Thread(target=each) for each in (look_up, rebuild)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
