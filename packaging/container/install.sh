#!/bin/sh
# Usage: install.sh FOLDER
# Installs these sources into the virtual environment FOLDER, which has the packages of the locks, and takes
# out of it what only builds: an image that runs needs no tool to make or fetch programs.
set -eu
cd "$(dirname "$0")/../.."
bin=$1/bin

"$bin/python" -m hatchling build -t wheel -d /tmp/wheels
"$bin/pip" install --no-cache-dir --no-deps --no-index /tmp/wheels/maskgate-*.whl
rm -r /tmp/wheels
"$bin/pip" check
# What hatchling and click-man brought along, and nothing else needs.
"$bin/pip" uninstall -q -y click-man hatchling pathspec pluggy setuptools trove-classifiers
"$bin/pip" check
"$bin/pip" uninstall -q -y pip
"$bin/maskgate" --version
