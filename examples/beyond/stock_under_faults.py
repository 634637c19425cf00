"""A shop's stock, and two mistakes in it that injected faults find and no plain test does.

Orders are calls of a pool. Each takes a piece from the stock, waiting for one for a short time if
there is none, and puts a parcel on the dispatcher's queue. The first version, `HastyShop`, passes
its test as often as one likes:

* it takes a piece because `Condition.wait()` has returned, and does not look whether there is one;
* it keeps the piece when the parcel cannot be put: then it is neither in the stock nor in a parcel.

Within `faults()` a condition wakes for nothing, and a queue is full, as often as asked for and as a
seed has it. Each mistake is found by its kind of fault, within a few seeds; the seed that found it
finds it again, by the same faults. `CarefulShop` stands all kinds together, seed after seed.

    python examples/beyond/stock_under_faults.py
    python examples/beyond/stock_under_faults.py --seeds 1000
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ironthread import Condition, Full, Queue, ThreadPoolExecutor
from ironthread.testing import InjectedError, Injection, faults

ORDERS = 8
WORKERS = 3
PATIENCE_SECONDS = 0.002
PLAIN_RUNS = 10

# ----------------------------------------------------------------- the shop


class HastyShop:
    """Takes orders as long as all goes well."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces
        self.stock = pieces
        self.changed = Condition()
        self.parcels: Queue[int] = Queue(maxsize=ORDERS)

    def order(self, number: int) -> bool:
        """Send a piece; return False when there is none."""
        with self.changed:
            if self.stock < 1 and not self.changed.wait(PATIENCE_SECONDS):
                return False
            self.stock -= 1
        self.parcels.put(number, timeout=PATIENCE_SECONDS)
        return True


class CarefulShop(HastyShop):
    """The same, mended."""

    def order(self, number: int) -> bool:
        """Send a piece; return False when there is none, or no room for the parcel."""
        with self.changed:
            while self.stock < 1:
                if not self.changed.wait(PATIENCE_SECONDS):
                    return False
            self.stock -= 1
        try:
            self.parcels.put(number, timeout=PATIENCE_SECONDS)
        except Full:
            with self.changed:
                self.stock += 1
                self.changed.notify()
            return False
        return True


# ---------------------------------------------------------------- its test


class StockError(Exception):
    """The stock is wrong."""


def trade(shop: HastyShop) -> None:
    """Have a pool make the orders. Raise `StockError` if pieces were lost or made up."""
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="order") as pool:
        orders = [pool.submit(shop.order, number) for number in range(ORDERS)]
    for order in orders:
        error = order.exception()
        if error is not None and not isinstance(error, Full | InjectedError):
            raise error
    check(shop)


def check(shop: HastyShop) -> None:
    """Raise `StockError` unless each piece is in the stock or in a parcel."""
    if shop.stock < 0:
        raise StockError(f"pieces sold that nobody had: {-shop.stock}")
    lost = shop.pieces - shop.stock - shop.parcels.qsize()
    if lost:
        raise StockError(f"pieces neither in the stock nor in a parcel: {lost}")


# -------------------------------------------------------------- the search


@dataclass
class Found:
    """A mistake: by which seed, what it says, and which faults led to it."""

    seed: int
    error: StockError
    log: list[Injection]


def search(pieces: int, block: Callable[[int], faults], seeds: range) -> Found | None:
    """Return the first mistake of the hasty shop that shows; None when it stands all seeds."""
    for seed in seeds:
        met = block(seed)
        try:
            with met:
                trade(HastyShop(pieces))
        except StockError as error:
            return Found(seed, error, met.log)
    return None


def wakes_for_nothing(seed: int) -> faults:
    """Conditions do."""
    return faults(seed, spurious=0.05)


def full_for_now(seed: int) -> faults:
    """Queues are."""
    return faults(seed, full=0.05)


def everything(seed: int) -> faults:
    """All kinds of faults that an order can meet."""
    delay = (0.2, 0.0005)
    return faults(seed, spurious=0.2, full=0.2, timeout=0.1, delay=delay, task=0.1)


SEARCHES: tuple[tuple[int, Callable[[int], faults]], ...] = (
    (0, wakes_for_nothing),
    (ORDERS, full_for_now),
)
"""How many pieces there are, and what happens: each of them leads to one of the mistakes."""


def problems(seeds: range, met: Counter[str]) -> list[str]:
    """Test both shops, and count the faults that the careful one met; return what does not hold."""
    claims = {}
    for pieces, block in SEARCHES:
        name = block.__name__
        for _ in range(PLAIN_RUNS):
            trade(HastyShop(pieces))  # as any test has it: nothing shows
        found = search(pieces, block, seeds)
        claims[f"{name} shows the mistake"] = found is not None
        if found is not None:
            print(f"StockError: {found.error}", *found.error.__notes__, "", sep="\n")
            again = search(pieces, block, range(found.seed, found.seed + 1))
            claims[f"{name} shows it again"] = again is not None and again.log == found.log
    for pieces in (0, ORDERS // 2, ORDERS):
        for seed in seeds:
            with everything(seed) as injected:
                trade(CarefulShop(pieces))
            met.update(injection.kind for injection in injected.log)
    claims["the careful shop met every kind"] = len(met) == 5
    return [claim for claim, holds in claims.items() if not holds]


def main() -> int:
    """Run the example; return the exit status."""
    parser = argparse.ArgumentParser(description="Look for mistakes by injected faults.")
    parser.add_argument("--seeds", type=int, default=50, help="how many are tried")
    options = parser.parse_args()
    met: Counter[str] = Counter()
    failed = problems(range(options.seeds), met)
    for claim in failed:
        print(f"stock_under_faults: does not hold: {claim}", file=sys.stderr)
    if failed:
        return 1
    print(f"stock_under_faults: OK, 2 mistakes found, {met.total()} faults stood without them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
