#!/usr/bin/env bash
# The engine's tests under a sanitizer: `sanitize.sh address`, `sanitize.sh thread`. Says so and does nothing where the toolchain
# for it is not at hand.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=$1
source scripts/sanitizer.sh

# ThreadSanitizer's runtime comes with the linker's driver; AddressSanitizer's with the compiler.
[ "$sanitizer" = address ] || RUSTFLAGS+=" -Clinker=clang-$llvm -Clink-arg=-fsanitize=thread"
export LSAN_OPTIONS=suppressions=$PWD/scripts/leaks.txt
# Children of a process with threads may start some here. (The sanitizer's own refuse to.)
export TSAN_OPTIONS=die_after_fork=0
# Forks beside threads that allocate are left out: their children hang in the sanitizer's own allocator, in three of 600 forks of a
# program that has nothing of ours.
exec timeout 3000 "${cargo[@]}" test --target-dir "target/$sanitizer" --target "$target" "${build[@]}" \
    -p ironthread --features serve --lib --tests -- --test-threads=1 --skip a_fork_beside
