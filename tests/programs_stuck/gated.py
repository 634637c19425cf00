"""Two orders, and a lock that is always taken first: they cannot meet. There is nothing to cure."""

import threading


class Library:
    """Each has locks of its own, and a gate of its own."""

    def __init__(self) -> None:
        self.gate = threading.Lock()
        self.cache = threading.Lock()
        self.index = threading.Lock()

    def look_up(self) -> None:
        with self.gate, self.cache, self.index:
            pass

    def rebuild(self) -> None:
        with self.gate, self.index, self.cache:
            pass


libraries = [Library() for _ in range(3)]
for number in range(60):
    library = libraries[number % 3] if number < 30 else Library()
    threads = [threading.Thread(target=each) for each in (library.look_up, library.rebuild)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
