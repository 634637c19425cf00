#!/usr/bin/env bash
# Miri over the engine's own tests: undefined behaviour, data races, pointers made from numbers. Several seeds, each of which
# is another interleaving of the threads. Says so and does nothing where Miri is not at hand.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    echo "miri: skipped: rustup component add --toolchain nightly miri rust-src"
    exit 0
fi
# The portable parker: Miri's futex has no deadlines on the monotonic clock. What needs files, sockets, processes, signals or forks
# is left out, and so is what takes hours there: what counts on the passing of time, and thousands of threads.
export MIRIFLAGS="-Zmiri-strict-provenance -Zmiri-disable-isolation -Zmiri-many-seeds=0..${MIRI_SEEDS:-8}"
export PROPTEST_CASES="${PROPTEST_CASES:-2}"
exec timeout "${MIRI_SECONDS:-3000}" cargo +nightly miri test --target-dir target/miri -p ironthread \
    --features portable-parker --lib --test backlog --test barrier --test callers --test condition --test event --test future \
    --test guarded --test lock --test properties --test queue --test relay --test rlock --test semaphore --test steal \
    --test thread_life --test timer --test undecided --test wait -- --skip kernel --skip os_name --skip own_cpu
