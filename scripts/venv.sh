#!/bin/sh
# Usage: venv.sh FOLDER LOCK PYTHON
# Makes or refreshes a virtual environment: the packages of a lock by their hashes, then the project
# itself, editable. Done already for this lock, Python and place: nothing happens.
set -eu
venv=$1 lock=$2 python=$3
stamp=$venv/.maskgate-stamp

fail() {
    echo "maskgate: $1" >&2
    exit 1
}

[ -n "$python" ] || fail "needs Python 3.11 to 3.13, and no python3 here is one; install one and name it with PYTHON="
command -v "$python" >/dev/null || fail "needs Python 3.11 to 3.13, and there is no $python; name one with PYTHON="
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null ||
    fail "needs Python 3.11 to 3.13, and $python is $("$python" -V 2>&1 || true); name another with PYTHON="
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python has no venv and pip to set up with; on Debian: apt-get install python3-venv"

# A virtual environment holds absolute paths and belongs to one Python.
place="$(pwd) $("$python" -c 'import sys; print(sys.base_prefix, sys.version.split()[0])')"
wanted="$place $(cat "$lock" pyproject.toml | sha256sum)"
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0

clear=
if [ -e "$stamp" ]; then
    case $(cat "$stamp") in "$place "*) ;; *) clear=--clear ;; esac
fi
echo "Setting up $venv from $lock (minutes the first time) ..."
rm -f "$stamp"
"$python" -m venv $clear "$venv" || fail "$venv could not be made"
pip() {
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --progress-bar off "$@"
}
# The lock names every package, so nothing is resolved: what is installed does not hang on what an index holds today.
pip --no-deps --require-hashes -r "$lock" || fail "the packages of $lock could not be installed; pip says why above"
pip --no-deps --no-build-isolation -e . || fail "maskgate could not be installed into $venv; pip says why above"
"$venv/bin/python" -m pip --disable-pip-version-check check >/dev/null || fail "$lock is not whole; see: $venv/bin/python -m pip check"
echo "$wanted" >"$stamp"
