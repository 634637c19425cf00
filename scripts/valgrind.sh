#!/usr/bin/env bash
# Installs valgrind where it is missing: it counts the instructions of the most-called operations.
set -euo pipefail

command -v valgrind >/dev/null && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "valgrind is missing, and cannot be installed from here: no instructions are counted" >&2
    exit 0
fi
apt-get update -qq && apt-get install -qq --yes valgrind
