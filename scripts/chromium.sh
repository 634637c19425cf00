#!/usr/bin/env bash
# Installs Chromium and its driver where they are missing: the browser in which tests look at the HTML report.
set -euo pipefail

command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "chromium is missing, and cannot be installed from here: the tests in a browser are skipped" >&2
    exit 0
fi
apt-get update -qq && apt-get install -qq --yes chromium chromium-driver
