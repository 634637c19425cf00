#!/usr/bin/env bash
# Installs tmux where it is missing: the terminal in which tests look at `ironthread top`.
set -euo pipefail

command -v tmux >/dev/null && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "tmux is missing, and cannot be installed from here: the tests of top are skipped" >&2
    exit 0
fi
apt-get update -qq && apt-get install -qq --yes tmux
