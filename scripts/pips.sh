#!/bin/sh
# Usage: pips.sh VENV
# Puts the oldest and the newest pip into a virtual environment, beside its own, by their hashes: the locks are
# tried with both. Never fails: without them these tests are skipped.
set -u
venv=$1

for age in old new; do
    lock=requirements/pip-$age.txt place=$venv/pips/$age
    cmp -s "$lock" "$place/lock.txt" && continue
    rm -rf "$place"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --no-deps --require-hashes \
        --target "$place" -r "$lock" && cp "$lock" "$place/lock.txt" ||
        echo "No pip of $lock: the tests that install with it are skipped."
done
exit 0
