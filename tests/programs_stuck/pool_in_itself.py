"""The only worker of a pool waits for a call that it has to make itself; cured: a pool of its own."""

import sys
from concurrent.futures import ThreadPoolExecutor

cured = sys.argv[1] == "cured"
pool = ThreadPoolExecutor(1, thread_name_prefix="outer")
other = ThreadPoolExecutor(1, thread_name_prefix="inner")


def outer() -> int:
    return (other if cured else pool).submit(int, "7").result()


print(pool.submit(outer).result())
