#!/bin/sh
# Usage: strace.sh
# Installs strace from Debian packages where it is missing and that is possible. Never fails: without
# it the simulated power cuts are skipped.
set -u
without() {
    echo "No strace: $1. The simulated power cuts are skipped."
    exit 0
}

command -v strace >/dev/null && exit 0
command -v apt-get >/dev/null || without "this is not Debian; install it by hand"
if [ "$(id -u)" = 0 ]; then
    root=
elif sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    without "installing it needs root; run: sudo apt-get install strace"
fi
install() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 \
        install --no-install-recommends strace </dev/null >/dev/null 2>&1
}
install || { $root apt-get -qq update </dev/null >/dev/null 2>&1 && install; } ||
    without "apt-get could not install it"
