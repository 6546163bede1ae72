#!/bin/sh
# Usage: lock.sh UV
# Resolves every lock anew, for Python 3.11 and later and every platform, with the hash of each file.
set -eu
cd "$(dirname "$0")/../requirements"

compile() {
    out=$1
    shift
    echo "requirements/$out"
    # --no-config and --upgrade: neither this machine's settings nor the last lock decide the result.
    "$uv" pip compile --quiet --no-config --upgrade --universal --python-version 3.11 --generate-hashes \
        --custom-compile-command "make lock" --output-file "$out" "$@" build.in
}

uv=$(cd .. && command -v "$1")
case $uv in /*) ;; *) uv=../$uv ;; esac

compile edge.txt ../pyproject.toml
compile pi.txt ../pyproject.toml --extra pi pi.in
compile tflite.txt tflite.in
compile training.txt ../pyproject.toml --extra training --extra convert
compile dev.txt ../pyproject.toml --extra dev --override dev-override.in dev.in
