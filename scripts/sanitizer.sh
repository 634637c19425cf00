# Sourced by what compiles for a sanitizer, `address` or `thread` in $sanitizer: which compiler, with which flags. Says so and ends
# where there is none.
#
# Sets: target, cargo (the command), build (what it needs besides), runtime (the sanitizer's library, for programs that were not
# compiled for it). Exports RUSTFLAGS and what the compiler needs.

target=$(rustc -vV | sed -n 's/^host: //p')

skip() {
    echo "$sanitizer sanitizer: skipped: $1"
    exit 0
}

[ "$target" = x86_64-unknown-linux-gnu ] || skip "it is run on $target nowhere yet"

# The source of `std` beside a compiler of this sysroot. ThreadSanitizer needs it: without instrumentation of its own `std` seems to
# race with everything.
has_source() {
    [ -d "$1/lib/rustlib/src/rust/library" ]
}

case $sanitizer in
    address)
        cargo +nightly --version >/dev/null 2>&1 || skip "rustup toolchain install nightly"
        cargo=(cargo +nightly)
        build=()
        export RUSTFLAGS=-Zsanitizer=address
        runtime=$(gcc -print-file-name=libasan.so 2>/dev/null) || runtime=
        ;;
    thread)
        if nightly=$(rustc +nightly --print sysroot 2>/dev/null) && has_source "$nightly"; then
            cargo=(cargo +nightly)
            compiler=(rustc +nightly)
        elif [ -x /usr/bin/rustc ] && has_source "$(/usr/bin/rustc --print sysroot)"; then
            # The system's, which may use what is not stable if it is told to.
            cargo=(/usr/bin/cargo)
            compiler=(/usr/bin/rustc)
            export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1
        else
            skip "rustup component add --toolchain nightly rust-src (Debian: apt-get install rustc-web cargo-web rust-web-src)"
        fi
        # The runtime is clang's, since Rust's own is there for programs only, and for a module that Python loads it is not.
        llvm=$("${compiler[@]}" -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
        runtime=$("clang-$llvm" -print-file-name=libclang_rt.tsan-x86_64.so 2>/dev/null) || runtime=
        [ -e "$runtime" ] || skip "apt-get install clang-$llvm libclang-rt-$llvm-dev llvm-$llvm"
        build=(-Zbuild-std)
        export RUSTFLAGS="-Zsanitizer=thread -Zexternal-clangrt --cfg tsan"
        ;;
    *)
        echo "no such sanitizer: $sanitizer (address or thread)" >&2
        exit 2
        ;;
esac
