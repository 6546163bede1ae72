#!/bin/sh
# Starts the device in a container. MASKGATE_CAMERA is what camera.source is elsewhere: /dev/video0, an address
# such as rtsp://user@camera.example/stream (its password is the secret camera-password), or clip for the
# built-in one. All else stands in /etc/maskgate/config.toml, which has no section [camera].
set -eu
camera=${MASKGATE_CAMERA:?set it to /dev/video0, to an rtsp:// address, or to clip}
case $camera in
# The host's devices are below /dev/host, so that one that is plugged in later is there as well.
/dev/*) [ -e "$camera" ] || camera=/dev/host/${camera#/dev/} ;;
clip) camera=$(python -c 'from edge.demo import CLIP; print(CLIP)') ;;
esac
export MASKGATE_CAMERA="$camera"
config=${TMPDIR:-/tmp}/config.toml
# A string of JSON is one of TOML as well.
python -c 'import json, os; print("[camera]\nrepeat = true\nsource =", json.dumps(os.environ["MASKGATE_CAMERA"]))' >"$config"
cat /etc/maskgate/config.toml >>"$config"
exec maskgate run --config "$config"
