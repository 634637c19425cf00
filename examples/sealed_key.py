"""A key that no thread of the program ever sees: a process of its own signs for them.

What one thread of a process holds, all others can read: a lock keeps them from changing it, not
from looking. So the key is made in another process and never leaves it. Clerks, each a thread, hand
in orders and get signatures over a pipe, which one of them uses at a time; the orders lie open in
the ledger, where a careless thread changes some. The audit has to find those, and no others.

    python examples/sealed_key.py
    ironthread run examples/sealed_key.py
"""

from __future__ import annotations

import hashlib
import hmac
import multiprocessing
import secrets
import sys
import threading
from multiprocessing.connection import Connection

CLERKS = 4
ORDERS = 50
EVERY = 7
"""One of so many orders is changed after it was signed."""


def sign_all(requests: Connection) -> None:
    """Make a key, and sign with it until nobody asks any more; the other process runs this."""
    key = secrets.token_bytes(32)
    while True:
        try:
            message = requests.recv_bytes()
        except EOFError:
            return
        requests.send_bytes(hmac.digest(key, message, hashlib.sha256))


class Seal:
    """The process with the key, as seen from here; for as long as its block lasts."""

    def __init__(self) -> None:
        # A new interpreter: a process that has threads is not to be copied as it stands, and a copy
        # would have all that lies in this one's memory.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=sign_all, args=[theirs])
        self._process.start()
        theirs.close()
        self._lock = threading.Lock()

    def sign(self, message: bytes) -> bytes:
        """A signature that only this process's key can make."""
        with self._lock:
            self._pipe.send_bytes(message)
            return self._pipe.recv_bytes()

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether the message is what was signed."""
        return hmac.compare_digest(self.sign(message), signature)

    def __enter__(self) -> Seal:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join()


def take_orders(clerk: int, seal: Seal, ledger: dict[str, tuple[bytes, bytes]]) -> None:
    """Enter orders in the ledger, each with its signature."""
    for number in range(ORDERS):
        order = f"clerk {clerk}, order {number}: {10 * number} pieces".encode()
        ledger[f"{clerk}-{number}"] = order, seal.sign(order)


def be_careless(ledger: dict[str, tuple[bytes, bytes]]) -> set[str]:
    """Change some orders, and return which."""
    changed = set(sorted(ledger)[::EVERY])
    for name in changed:
        order, signature = ledger[name]
        ledger[name] = order.replace(b"pieces", b"crates"), signature
    return changed


def main() -> int:
    """Run the example; return the exit status."""
    ledger: dict[str, tuple[bytes, bytes]] = {}
    with Seal() as seal:
        clerks = [
            threading.Thread(target=take_orders, args=[clerk, seal, ledger], name=f"clerk {clerk}")
            for clerk in range(CLERKS)
        ]
        for thread in clerks:
            thread.start()
        for thread in clerks:
            thread.join()
        changed = be_careless(ledger)
        found = {name for name, entry in ledger.items() if not seal.holds(*entry)}
    print(f"{len(ledger)} orders signed, {len(changed)} changed, {len(found)} found")
    if len(ledger) != CLERKS * ORDERS or found != changed:
        print("sealed_key: does not hold: the audit finds what was changed", file=sys.stderr)
        return 1
    print("sealed_key: OK, the audit finds what was changed, and nothing here knows the key")
    return 0


if __name__ == "__main__":
    sys.exit(main())
