"""Two pools, each of which has too few workers for calls that wait for somebody else."""

import time
from concurrent.futures import ThreadPoolExecutor

with (
    ThreadPoolExecutor(2, "fetch") as fetchers,  # the line
    ThreadPoolExecutor(2, "store") as storers,  # the line
):
    fetched = fetchers.map(time.sleep, [0.05] * 20)
    stored = storers.map(time.sleep, [0.05] * 20)
    list(fetched)
    list(stored)
