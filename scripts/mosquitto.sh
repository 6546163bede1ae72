#!/bin/sh
# Usage: mosquitto.sh
# Installs the Mosquitto broker from Debian packages where it is missing and that is possible, and what the
# sample for the shell needs. Never fails: without a broker its tests are skipped and the demo shows the
# spool. The tests and the demo start brokers of their own; the service that the package brings must not run
# beside them.
set -u
. "$(dirname "$0")/debian.sh"
PATH=$PATH:/usr/sbin:/sbin
log=${TMPDIR:-/tmp}/maskgate-mosquitto.$$.log

without() {
    echo "No Mosquitto: $1. What needs a broker is skipped."
    exit 0
}

complete=yes
for program in mosquitto mosquitto_sub jq; do
    command -v $program >/dev/null || complete=no
done
[ $complete = no ] || exit 0
[ "${MOSQUITTO:-}" != skip ] || without "MOSQUITTO=skip"
become_root mosquitto

echo "Installing Mosquitto from Debian packages (its service stays off) ..."
# The package starts its service unless this file, Debian's own switch, forbids it.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap '$root rm -f $policy' EXIT
    trap 'exit 1' INT TERM
    printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null && $root chmod 755 $policy
fi
for package in mosquitto mosquitto-clients jq; do
    install $package "$log"
done
if command -v systemctl >/dev/null; then
    $root systemctl --quiet disable --now mosquitto.service >/dev/null 2>&1
fi
exit 0
