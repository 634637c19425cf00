"""As many workers as calls, all of which wait for somebody else."""

import time
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(8) as pool:  # the line
    list(pool.map(time.sleep, [2.0] * 8))
