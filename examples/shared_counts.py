"""Count words from many threads, with less and less waiting for one another.

* *one lock*: every word takes it. Right, and everybody waits for everybody.
* *stripes*: a lock for each part of the words, so that threads mostly want different ones.
* *counted apart*: each thread counts for itself, and takes the lock once, to add what it has.

All three find the same. How often locks were taken is counted; what the waits cost says the
report of `ironthread run`.

    python examples/shared_counts.py
    ironthread run examples/shared_counts.py
"""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

THREADS = 6
WORDS_EACH = 4000
VOCABULARY = [f"word-{number}" for number in range(50)]
SWITCH_SECONDS = 1e-5


@dataclass
class Part:
    """Some of the counts, and the lock that guards them."""

    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    taken: int = 0

    def add(self, counts: Counter[str]) -> None:
        """Add counts."""
        with self.lock:
            self.taken += 1
            for word, count in counts.items():
                self.counts[word] = self.counts[word] + count


def with_one_lock(parts: list[Part], words: Sequence[str]) -> None:
    """Take the one lock for every word."""
    for word in words:
        parts[0].add(Counter({word: 1}))


def with_stripes(parts: list[Part], words: Sequence[str]) -> None:
    """Take, for every word, the lock of the word's part."""
    for word in words:
        parts[hash(word) % len(parts)].add(Counter({word: 1}))


def counted_apart(parts: list[Part], words: Sequence[str]) -> None:
    """Count without a lock, and add the sums under it."""
    parts[0].add(Counter(words))


def count(
    way: Callable[[list[Part], Sequence[str]], None], parts: list[Part], texts: list[list[str]]
) -> Counter[str]:
    """Have one thread for each text count its words in this way."""
    threads = [
        threading.Thread(target=way, args=(parts, text), name=f"{way.__name__}-{number}")
        for number, text in enumerate(texts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum((part.counts for part in parts), Counter())


def main() -> int:
    """Run the example; return the exit status."""
    random.seed(1)
    texts = [random.choices(VOCABULARY, k=WORDS_EACH) for _ in range(THREADS)]
    expected = sum((Counter(text) for text in texts), Counter[str]())
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)  # a missing lock would show
    problems, taken = [], {}
    try:
        for way, stripes in ((with_one_lock, 1), (with_stripes, 16), (counted_apart, 1)):
            parts = [Part() for _ in range(stripes)]
            if count(way, parts, texts) != expected:
                problems.append(f"{way.__name__} counts every word once")
            taken[way.__name__] = max(part.taken for part in parts)
            print(f"{way.__name__:14} a lock was taken {taken[way.__name__]:6} times at the most")
    finally:
        sys.setswitchinterval(interval)
    if not taken["counted_apart"] < taken["with_stripes"] < taken["with_one_lock"]:
        problems.append("each way takes a lock less often than the one before")
    for problem in problems:
        print(f"shared_counts: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"shared_counts: OK, {THREADS * WORDS_EACH} words, none lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
