#!/bin/sh
# Usage: peers.sh FOLDER PYTHON
# Puts what the tracker is compared with into a folder of its own, for use beside the environment of PYTHON.
set -eu
folder=$1 python=$2 lock=requirements/tracking.txt
[ ! "$folder/.stamp" -nt $lock ] || exit 0
echo "Setting up $folder from $lock ..."
rm -rf "$folder"
pip() {
    "$python" -m pip install -qq --disable-pip-version-check --no-input --progress-bar off "$@"
}
# One of the packages is built from source: with what the environment has, so that nothing without a hash is fetched.
pip --no-deps --no-build-isolation --require-hashes --target "$folder" -r $lock
touch "$folder/.stamp"
