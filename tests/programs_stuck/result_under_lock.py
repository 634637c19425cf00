"""A call's result, asked for under the lock that the call needs."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

cured = sys.argv[1] == "cured"
total = threading.Lock()  # [total]
amounts: list[int] = []


def add(amount: int) -> None:
    with total:
        amounts.append(amount)


with ThreadPoolExecutor(1, thread_name_prefix="adder") as pool:
    with total:  # [main has]
        future = pool.submit(add, 1)  # [future]
        if not cured:
            future.result()
    future.result()
