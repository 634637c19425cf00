"""Hash a directory tree: each directory by a call that submits its parts and waits for them.

The digest of a directory is that of its entries' names and digests, the digest of a large file that
of its parts' digests: a Merkle tree, where one changed byte changes every digest above it and none
beside. Directories are nested deeper than the pool has threads. A standard pool would hang here,
each of its threads waiting for a call that no thread is left to make; the threads of a
`WorkStealingExecutor` make the calls that they wait for. Hashing lets the GIL go, so they use all
processors.

The tree is hashed by one thread, too, for comparison.

    python examples/beyond/directory_hasher.py
    python examples/beyond/directory_hasher.py --root DIRECTORY
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from ironthread import WorkStealingExecutor

WORKERS = 4
DEPTH = 12  # three times as deep as there are workers
PART_BYTES = 1 << 20
SEED = 1


@dataclass
class Census:
    """What was hashed, and by which threads."""

    files: int = 0
    directories: int = 0
    bytes: int = 0
    threads: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, files: int = 0, directories: int = 0, size: int = 0) -> None:
        """Note a piece of work of the calling thread."""
        with self._lock:
            self.files += files
            self.directories += directories
            self.bytes += size
            self.threads.add(threading.current_thread().name)


class Hasher:
    """Digests of files and directories, by the calls of a pool."""

    def __init__(self, pool: Executor, part_bytes: int = PART_BYTES) -> None:
        self.census = Census()
        self._pool = pool
        self._part_bytes = part_bytes

    def digest(self, path: Path) -> bytes:
        """The digest of a file or directory. A symbolic link counts as what it says."""
        if path.is_symlink():
            return combine(b"link", [str(path.readlink()).encode()])
        return self._directory(path) if path.is_dir() else self._file(path)

    def _directory(self, path: Path) -> bytes:
        entries = sorted(path.iterdir())
        parts = [self._pool.submit(self.digest, entry) for entry in entries]
        self.census.count(directories=1)
        names = [entry.name.encode() for entry in entries]
        return combine(b"directory", [*names, *results(parts)])

    def _file(self, path: Path) -> bytes:
        size = path.stat().st_size
        self.census.count(files=1)
        starts = range(0, max(size, 1), self._part_bytes)
        if len(starts) == 1:
            return self._part(path, 0)
        return combine(b"file", results([self._pool.submit(self._part, path, at) for at in starts]))

    def _part(self, path: Path, start: int) -> bytes:
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(self._part_bytes)
        self.census.count(size=len(data))
        return blake2b(data).digest()


def results(parts: list[Future[bytes]]) -> list[bytes]:
    """What came of the parts, waiting for it."""
    return [part.result() for part in parts]


def combine(kind: bytes, parts: list[bytes]) -> bytes:
    """One digest of several byte strings; which is where cannot be mistaken."""
    whole = blake2b(person=kind)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.digest()


class Inline(Executor):
    """Makes each call at once, in the calling thread."""

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Make the call."""
        future: Future[bytes] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def plant(root: Path, depth: int, rng: random.Random) -> None:
    """A tree: deep on one side, with files of all sizes, an empty one, and a link."""
    for level in range(depth):
        root.mkdir(exist_ok=True)
        for number in range(rng.randint(3, 12)):
            size = rng.choice([0, 100, 5_000, 80_000, 3 * PART_BYTES + 17 if level % 4 == 0 else 1])
            (root / f"file-{number}").write_bytes(rng.randbytes(size))
        leaf = root / "leaf"
        leaf.mkdir()
        (leaf / "same").write_bytes(b"the same everywhere")
        root = root / f"level-{level + 1}"
    root.symlink_to("..")


def timed(hasher: Hasher, root: Path) -> tuple[bytes, float]:
    """The digest, and how many seconds it took."""
    start = time.perf_counter()
    return hasher.digest(root), time.perf_counter() - start


def verify(root: Path, alone: Hasher, digest: bytes, together: Hasher, stolen: bytes) -> list[str]:
    """What does not hold."""
    one, many = alone.census, together.census
    checks = {
        "many threads find the digest that one finds": digest == stolen,
        "they hash the same files, directories and bytes": (
            (one.files, one.directories, one.bytes) == (many.files, many.directories, many.bytes)
        ),
        "the work is done by workers of the pool": (
            all(name.startswith("hasher_") for name in many.threads)
        ),
        "each file of the tree was hashed": (
            one.files == sum(path.is_file() for path in root.rglob("*") if not path.is_symlink())
        ),
    }
    return [claim for claim, holds in checks.items() if not holds]


def main() -> int:
    """Hash a tree in both ways, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--root", type=Path, help="the directory to hash (default: one is made)")
    chosen = parser.parse_args()
    place: AbstractContextManager[str] = (
        nullcontext(str(chosen.root)) if chosen.root else tempfile.TemporaryDirectory()
    )
    with place as name:
        root = Path(name)
        if not chosen.root:
            root /= "tree"
            plant(root, DEPTH, random.Random(SEED))
        alone = Hasher(Inline())
        digest, seconds = timed(alone, root)
        print(f"one thread: {digest.hex()[:16]} in {seconds:.3f} s")
        with WorkStealingExecutor(WORKERS, thread_name_prefix="hasher") as pool:
            together = Hasher(pool)
            stolen, seconds = pool.submit(timed, together, root).result()
        count = len(together.census.threads)
        print(f"{WORKERS} workers: {stolen.hex()[:16]} in {seconds:.3f} s, by {count} of them")
        failures = verify(root, alone, digest, together, stolen)
    for claim in failures:
        print(f"directory_hasher: does not hold: {claim}")
    if failures:
        return 1
    census = together.census
    print(
        f"directory_hasher: OK, {census.files} files in {census.directories} directories, "
        f"{census.bytes / 1e6:.1f} MB, one digest"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
