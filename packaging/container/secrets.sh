#!/bin/sh
# Makes the passwords and the token that compose.yaml wants, in secrets/. Those that are there stay.
# The containers run under users of their own: the files can be read by all who may enter the folder.
set -eu
cd "$(dirname "$0")/../.."
install -d -m 711 secrets
for name in entrance collector dashboard web-token grafana; do
    [ -e "secrets/$name" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"secrets/$name"
    chmod 644 "secrets/$name"
done
# The password of a network camera; empty where it has none.
[ -e secrets/camera-password ] || : >secrets/camera-password
chmod 644 secrets/camera-password
echo "The page asks for the token in secrets/web-token, Grafana for admin and the password in secrets/grafana."
