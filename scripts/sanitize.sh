#!/usr/bin/env bash
# The engine's tests under a sanitizer: `sanitize.sh address`, `sanitize.sh thread`. Says so and does nothing where the toolchain
# for it is not at hand.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=$1
target=$(rustc -vV | sed -n 's/^host: //p')

skip() {
    echo "$sanitizer sanitizer: skipped: $1"
    exit 0
}

[ "$target" = x86_64-unknown-linux-gnu ] || skip "it is run on $target nowhere yet"
cargo +nightly --version >/dev/null 2>&1 || skip "rustup toolchain install nightly"
build=()
if [ "$sanitizer" = thread ]; then
    # Without instrumentation of its own std seems to race with everything.
    [ -d "$(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library" ] \
        || skip "rustup component add --toolchain nightly rust-src"
    build=(-Zbuild-std)
fi
export RUSTFLAGS="-Zsanitizer=$sanitizer"
export LSAN_OPTIONS=suppressions=$PWD/scripts/leaks.txt
# Forks beside threads that allocate are left out: their children hang in the sanitizer's own allocator, in three of 600 forks of a
# program that has nothing of ours.
exec timeout 3000 cargo +nightly test --target-dir "target/$sanitizer" --target "$target" "${build[@]}" \
    -p ironthread --features serve --lib --tests -- --test-threads=1 --skip a_fork_beside
