#!/usr/bin/env bash
# Miri over the engine's own tests: undefined behaviour, data races, pointers made from numbers. Several seeds, each of which
# is another interleaving of the threads. Says so and does nothing where Miri is not at hand.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    echo "miri: skipped: rustup component add --toolchain nightly miri rust-src"
    exit 0
fi
# The portable parker: Miri's futex has no deadlines on the monotonic clock. What needs files, sockets or forks is left out.
export MIRIFLAGS="-Zmiri-strict-provenance -Zmiri-disable-isolation -Zmiri-many-seeds=0..${MIRI_SEEDS:-8}"
export PROPTEST_CASES="${PROPTEST_CASES:-2}"
exec timeout "${MIRI_SECONDS:-3000}" cargo +nightly miri test --target-dir target/miri -p ironthread \
    --features portable-parker --test lock --test rlock --test semaphore --test event --test condition --test barrier \
    --test queue --test properties
