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

case $lock in
*tflite.txt) last=11 needs="needs Python 3.11, the last that tflite-runtime has packages for" ;;
*) last=13 needs="needs Python 3.11 to 3.13" ;;
esac
[ -n "$python" ] || fail "$needs, and no python3 here is one; install one and name it with PYTHON="
command -v "$python" >/dev/null || fail "$needs, and there is no $python; name one with PYTHON="
"$python" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $last))" 2>/dev/null ||
    fail "$needs, and $python is $("$python" -V 2>&1 || true); name another with PYTHON="
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python has no venv and pip to set up with; on Debian: apt-get install python3-venv"

# A virtual environment holds absolute paths and belongs to one Python.
place="$(pwd) $("$python" -c 'import sys; print(sys.base_prefix, sys.version.split()[0])')"
wanted="$place $(cat "$lock" pyproject.toml | sha256sum)"
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0

# What it leads to belongs to another checkout, which would find it emptied.
[ ! -L "$venv" ] || fail "$venv is a link to an environment of another place; remove the link, and set up again"
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
# Succeeds where something lacks, and prints it. tflite-runtime stands in for two packages that the project asks for.
lacking() {
    ! told=$("$venv/bin/python" -m pip --disable-pip-version-check check 2>&1) &&
        printf '%s\n' "$told" | grep -v '^maskgate .* requires \(ai-edge-litert\|backports-strenum\),'
}
# The lock names every package, so nothing is resolved: what is installed does not hang on what an index holds today.
# pip would compile one file after the other; below that takes as many processes as there are cores.
pip --no-compile --no-deps --require-hashes -r "$lock" || fail "the packages of $lock could not be installed; pip says why above"
pip --no-deps --no-build-isolation -e . || fail "maskgate could not be installed into $venv; pip says why above"
# Some packages hold files for other versions of Python, which cannot be compiled.
"$venv/bin/python" -m compileall -qq -j 0 "$venv/lib" >/dev/null 2>&1 || true
if lacking >&2; then
    fail "what $venv holds does not fit together, as pip check says above; remove it to set it up anew"
fi
echo "$wanted" >"$stamp"
