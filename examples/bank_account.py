"""Move money between bank accounts from many threads, and lose none of it.

* Every account has an `RLock`: a transfer locks both accounts and then calls `withdraw` and
  `deposit`, which lock again what the thread already holds.
* A transfer locks the account with the lower number first, so that two transfers in opposite
  directions cannot wait for each other (a deadlock).
* Auditors lock all accounts, in the same order, and must find the same total at any moment.

The interpreter is told to switch threads very often, so that a missing lock would show.

    python examples/bank_account.py
    ironthread run examples/bank_account.py
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

ACCOUNTS = 10
OPENING_BALANCE = 500
CLERKS = 8
TRANSFERS = 2500  # of each clerk
AUDITS = 200
SWITCH_SECONDS = 1e-5


class InsufficientFundsError(Exception):
    """An account holds less than what is to be withdrawn."""


class Account:
    """A balance that never becomes negative."""

    def __init__(self, number: int, balance: int) -> None:
        self.number = number
        self.balance = balance
        self.lock = threading.RLock()

    def deposit(self, amount: int) -> None:
        """Add an amount to the balance."""
        with self.lock:
            self.balance += amount

    def withdraw(self, amount: int) -> None:
        """Take an amount from the balance, or raise `InsufficientFundsError`."""
        with self.lock:
            if amount > self.balance:
                raise InsufficientFundsError(self.number)
            self.balance -= amount


@dataclass
class Ledger:
    """What one clerk did."""

    refused: int = 0
    change: list[int] = field(default_factory=lambda: [0] * ACCOUNTS)
    done: int = 0

    def note(self, source: int, target: int, amount: int) -> None:
        """Book a transfer that was done."""
        self.change[source] -= amount
        self.change[target] += amount
        self.done += 1


class Bank:
    """The accounts, and what concerns several of them."""

    def __init__(self) -> None:
        self.accounts = [Account(number, OPENING_BALANCE) for number in range(ACCOUNTS)]

    @contextmanager
    def locked(self, *numbers: int) -> Iterator[None]:
        """Hold the locks of these accounts, taken in the order of their numbers."""
        with ExitStack() as held:
            for number in sorted(numbers):
                held.enter_context(self.accounts[number].lock)
            yield

    def transfer(self, source: int, target: int, amount: int) -> None:
        """Move an amount from one account to another, or raise and move nothing."""
        with self.locked(source, target):
            self.accounts[source].withdraw(amount)
            self.accounts[target].deposit(amount)

    def audit(self) -> tuple[int, int]:
        """Return the total and the lowest balance of one moment."""
        with self.locked(*range(ACCOUNTS)):
            balances = [account.balance for account in self.accounts]
        return sum(balances), min(balances)


def clerk(bank: Bank, seed: int) -> Ledger:
    """Do random transfers; return what was done."""
    rng = random.Random(seed)
    ledger = Ledger()
    for _ in range(TRANSFERS):
        source, target = rng.sample(range(ACCOUNTS), 2)
        amount = rng.randrange(1, 400)
        try:
            bank.transfer(source, target, amount)
        except InsufficientFundsError:
            ledger.refused += 1
        else:
            ledger.note(source, target, amount)
    return ledger


def auditor(bank: Bank) -> list[tuple[int, int]]:
    """Audit the bank again and again."""
    return [bank.audit() for _ in range(AUDITS)]


def run(bank: Bank) -> tuple[list[Ledger], list[tuple[int, int]]]:
    """Let all clerks and one auditor work at the same time."""
    with ThreadPoolExecutor(CLERKS + 1, thread_name_prefix="bank") as pool:
        audits = pool.submit(auditor, bank)
        clerks = [pool.submit(clerk, bank, seed) for seed in range(CLERKS)]
        return [future.result() for future in clerks], audits.result()


def verify(bank: Bank, ledgers: list[Ledger], audits: list[tuple[int, int]]) -> list[str]:
    """Return the claims that do not hold."""
    total = ACCOUNTS * OPENING_BALANCE
    found = [account.balance for account in bank.accounts]
    booked = [
        OPENING_BALANCE + sum(x.change[number] for x in ledgers) for number in range(ACCOUNTS)
    ]
    claims = {
        f"the total is {total} ({sum(found)})": sum(found) == total,
        f"the balances {found} are what the clerks booked {booked}": found == booked,
        "every audit finds the same total": {found for found, _ in audits} == {total},
        "no audit finds a negative balance": min(lowest for _, lowest in audits) >= 0,
        "no balance is negative": min(found) >= 0,
        "every transfer is done or refused": all(x.done + x.refused == TRANSFERS for x in ledgers),
    }
    return [claim for claim, holds in claims.items() if not holds]


def main() -> int:
    """Run the example; return the exit status."""
    sys.setswitchinterval(SWITCH_SECONDS)
    bank = Bank()
    ledgers, audits = run(bank)
    print(f"transfers {sum(x.done for x in ledgers)} by {CLERKS} clerks at once")
    print(f"refused   {sum(x.refused for x in ledgers)} for want of money")
    print(f"audits    {len(audits)} meanwhile")
    problems = verify(bank, ledgers, audits)
    for problem in problems:
        print(f"bank_account: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"bank_account: OK, the total stayed {ACCOUNTS * OPENING_BALANCE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
