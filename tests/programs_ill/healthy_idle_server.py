"""A server whose workers wait for what hardly ever comes."""

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

requests: "queue.Queue[int | None]" = queue.Queue()
workers = [threading.Thread(target=lambda: [*iter(requests.get, None)]) for _ in range(4)]
for worker in workers:
    worker.start()
with ThreadPoolExecutor(4) as pool:
    for number in range(10):
        time.sleep(0.05)
        requests.put(number)
        pool.submit(int, number)
for _ in workers:
    requests.put(None)
