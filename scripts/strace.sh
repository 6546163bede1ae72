#!/bin/sh
# Usage: strace.sh
# Installs strace from Debian packages where it is missing and that is possible. Never fails: without
# it the simulated power cuts are skipped.
set -u
. "$(dirname "$0")/debian.sh"

without() {
    echo "No strace: $1. The simulated power cuts are skipped."
    exit 0
}

command -v strace >/dev/null && exit 0
become_root strace
install strace "${TMPDIR:-/tmp}/maskgate-strace.$$.log"
