#!/bin/sh
# Usage: chromium.sh
# Installs Chromium from Debian packages where it is missing and that is possible. Never fails: without
# it the tests of the pages are skipped.
set -u
. "$(dirname "$0")/debian.sh"

without() {
    echo "No Chromium: $1. The tests of the pages are skipped."
    exit 0
}

command -v chromium >/dev/null && exit 0
[ "${CHROMIUM:-}" != skip ] || without "CHROMIUM=skip"
become_root chromium
echo "Installing Chromium from Debian packages ..."
install chromium "${TMPDIR:-/tmp}/maskgate-chromium.$$.log"
