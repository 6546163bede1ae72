#!/bin/sh
# Usage: lock.sh UV
# Resolves every lock anew, for every platform and Python from 3.11 on, with the hash of each file. One
# version of a package serves all of them wherever that is possible: what is tested is what is installed.
set -eu
cd "$(dirname "$0")/../requirements"

resolve() {
    out=$1
    shift
    echo "requirements/$out"
    # Neither this machine's settings nor the last lock decide the result.
    "$uv" pip compile --quiet --no-config --upgrade --universal --fork-strategy fewest --python-version 3.11 \
        --generate-hashes --custom-compile-command "make lock" --output-file "$out" "$@"
}

compile() {
    resolve "$@" build.in
}

# Puts a pin that exists nowhere before all others: from Python 3.12 on pip stops at it and shows its name,
# rather than build the old numpy from source first.
stop_after_311() {
    pin=$(sed -n '/^tflite-runtime==/,/[^\\]$/p' tflite.txt |
        sed "1s/ .*/+needs.python.3.11 ; python_full_version >= '3.12' \\\\/")
    sed '/^[a-z]/,$d' tflite.txt >tflite.new
    printf '%s\n' "$pin" '    # put here by scripts/lock.sh' >>tflite.new
    sed -n '/^[a-z]/,$p' tflite.txt >>tflite.new
    mv tflite.new tflite.txt
}

uv=$(cd .. && command -v "$1")
case $uv in /*) ;; *) uv=../$uv ;; esac

compile edge.txt ../pyproject.toml
# A Pi gets the same as a PC, but for what pi.in holds back.
grep -o '^[a-z][^ ;]*==[^ ;]*' edge.txt | sed 's/$/ ; python_version >= "3.12"/' >edge.pins
trap 'rm -f edge.pins' EXIT
compile pi.txt ../pyproject.toml --extra pi pi.in --constraint edge.pins
compile tflite.txt tflite.in
stop_after_311
compile web.txt ../pyproject.toml --extra web
compile workbench.txt ../pyproject.toml --extra workbench
compile collector.txt ../pyproject.toml --extra postgresql
compile training.txt ../pyproject.toml --extra training --extra cluster --extra convert --extra heif
compile docs.txt ../pyproject.toml --extra docs
compile dev.txt ../pyproject.toml --extra dev --override dev-override.in dev.in
# What dev.txt lacks of it; `make tracking` puts it beside that.
resolve tracking.txt --no-deps tracking.in
# What the locks themselves are tried with.
resolve pip-old.txt pip-old.in
resolve pip-new.txt pip-new.in
# What puts load on the pages; in an environment of its own, see docs/results/load.md.
resolve load.txt load.in
