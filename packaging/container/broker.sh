#!/bin/sh
# Starts Mosquitto with the users whose passwords are in /run/secrets, each in a file of the user's name.
set -eu
umask 077
: >/tmp/passwords
for file in /run/secrets/*; do
    mosquitto_passwd -b /tmp/passwords "${file##*/}" "$(cat "$file")"
done
exec mosquitto -c /mosquitto/config/mosquitto.conf
