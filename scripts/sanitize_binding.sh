#!/usr/bin/env bash
# The binding under a sanitizer, in Python programs: `sanitize_binding.sh SANITIZER PYTHON [TEST ...]`, SANITIZER being `address` or
# `thread`. Python takes its memory from malloc, so that the use of an object that is gone is seen, too. Says so and does nothing
# where the toolchain is not at hand.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=$1
python=$(realpath --no-symlinks "$2")
tests=("${@:3}")
source scripts/sanitizer.sh
package=$PWD/build/$sanitizer
module=target/$sanitizer-binding/$target/debug/lib_core.so

[ -e "$runtime" ] || skip "gcc has no libasan"

# Not linked with libpython: the interpreter that loads it has that.
PYO3_PYTHON=$python PYO3_BUILD_EXTENSION_MODULE=1 \
    "${cargo[@]}" build --quiet -p ironthread-python --target "$target" "${build[@]}" --target-dir "target/$sanitizer-binding"

rm -rf "$package"
mkdir -p "$package"
cp -r python/. "$package"
rm -f "$package"/ironthread/_core*.so
cp "$module" "$package/ironthread/_core$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')"

# Leaks are not looked for: an interpreter that ends leaves much behind on purpose.
export ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:abort_on_error=1:log_path=$package/finding
export TSAN_OPTIONS=die_after_fork=0:ignore_noninstrumented_modules=1:log_path=$package/finding
export LD_PRELOAD=$runtime PYTHONMALLOC=malloc PYTHONPATH=$package

"$python" -c 'import sys; import ironthread._core as core; sys.exit(not core.__file__.startswith(sys.argv[1]))' "$package" \
    || { echo "$sanitizer sanitizer, binding: another build of the binding was loaded"; exit 1; }

[ ${#tests[@]} -gt 0 ] || tests=(tests/stress/test_stress_primitives.py tests/stress/test_stress_queues.py
    tests/stress/test_stress_pool.py tests/torture/test_reentry.py tests/torture/test_struck.py
    tests/properties/test_queues_as_standard.py tests/properties/test_locks_as_standard.py)
failed=0
timeout "${SANITIZE_SECONDS:-1800}" "$python" -m pytest -q -p no:cacheprovider "${tests[@]}" || failed=$?

# A program that a test starts may die of a finding without the test failing: each has left a file.
if compgen -G "$package/finding.*" >/dev/null; then
    cat "$package"/finding.*
    failed=1
fi
exit $failed
