# shellcheck shell=sh
# Sourced by the scripts that install one of Debian's packages where it is missing and that is possible.
# They define `without REASON`, which says what is skipped and ends them.

# Sets $root to what must stand before a command that needs root.
become_root() { # PACKAGE
    command -v apt-get >/dev/null || without "this is not Debian; install it by hand"
    if [ "$(id -u)" = 0 ]; then
        root=
    elif sudo -n true 2>/dev/null; then
        root="sudo -n"
    else
        without "installing it needs root; run: sudo apt-get install $1"
    fi
}

# Its output goes to a file, which is named where it fails.
install() { # PACKAGE LOG
    _install "$1" >>"$2" 2>&1 ||
        { $root apt-get -qq update </dev/null >>"$2" 2>&1 && _install "$1" >>"$2" 2>&1; } ||
        without "apt-get could not install it (see $2)"
    rm -f "$2"
}

_install() { # PACKAGE
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 \
        install --no-install-recommends "$1" </dev/null
}
