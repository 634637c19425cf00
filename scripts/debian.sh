#!/usr/bin/env bash
# Installs what tests use where it is missing, from Debian's packages: `debian.sh LOSS COMMAND=PACKAGE ...`. LOSS says what
# cannot be done without.
set -euo pipefail

loss=$1
shift
missing=()
for wanted in "$@"; do
    command -v "${wanted%%=*}" >/dev/null || missing+=("${wanted#*=}")
done
[ ${#missing[@]} != 0 ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "${missing[*]} missing, and cannot be installed from here: $loss" >&2
    exit 0
fi
apt-get update -qq && apt-get install -qq --yes "${missing[@]}"
