"""Two workers for a hundred calls that wait for somebody else."""

import time
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(2) as pool:  # the line
    list(pool.map(time.sleep, [0.01] * 100))
