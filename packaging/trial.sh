#!/bin/sh
# Usage: sudo packaging/trial.sh SUITE WAY [FOLDER]
# Installs, updates, takes back and removes MaskGate in a Debian root with a systemd of its own. SUITE is
# bookworm or trixie. WAY is script (packaging/install.sh), deb (what `make deb ARCH=amd64` has made), sandbox: what
# the two processes may do, and what becomes of pins when the one that sees is killed, life: services that are
# started again and again, and a collector that boots before its database, or web: who gets at the pages. FOLDER
# keeps the root and the packages, 1 GB, for the next time. Needs an amd64 machine, mmdebstrap and systemd-container.
set -eu
cd "$(dirname "$0")/.."
suite=$1 way=$2 folder=${3:-/var/tmp/maskgate-trial}
fresh=$folder/$suite-fresh trial=$folder/$suite-trial wheels=$folder/$suite-wheels sources=$folder/sources debs=$folder/$suite-debs
clip=edge/demo/entrance.webm
# A control group for memory, where this machine has those of version 1: what is booted has its own of version 2.
memory=/sys/fs/cgroup/memory/maskgate-trial-$$

say() {
    printf '%s  %s\n' "$(date +%T)" "$1"
}

in_fresh() { # COMMAND ..., with the network of this machine
    systemd-nspawn --quiet --register=no --keep-unit --pipe -D "$fresh" --bind-ro="$PWD:/root/maskgate" \
        --bind="$wheels:/wheels" --bind-ro=/etc/ssl/certs \
        --setenv=PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$@"
}

in_trial() { # COMMAND ..., in what has booted
    nsenter -t "$leader" -m -u -i -n -p -C -r -w env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 HOME=/root PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels "$@"
}

check() { # SENTENCE COMMAND ...
    sentence=$1
    shift
    if "$@" >"$folder/log" 2>&1; then
        say "ok    $sentence"
    else
        say "FAULT $sentence"
        cat "$folder/log"
        exit 1
    fi
}

fails() { # COMMAND ...
    ! "$@"
}

make_root() {
    [ ! -e "$fresh" ] || return 0
    say "making a root of $suite"
    mkdir -p "$folder"
    mmdebstrap --quiet --variant=apt --aptopt='APT::Install-Recommends "false"' \
        --include=systemd,systemd-sysv,dbus,ca-certificates,python3-venv,mosquitto,mosquitto-clients,man-db,postgresql \
        "$suite" "$fresh"
}

fetch_wheels() {
    mkdir -p "$wheels"
    fetched=$wheels/fetched-$(cat requirements/edge.txt requirements/web.txt requirements/collector.txt requirements/pi.txt |
        sha256sum | cut -c1-8)
    [ ! -e "$fetched" ] || return 0
    say "fetching the packages of requirements/edge.txt, web.txt and collector.txt"
    # gpiozero and what it needs, by the hashes of pi.txt, whose other packages are for a Pi alone.
    awk '/^(gpiozero|colorzero|setuptools)==/ { on = 1 } on { print } !/\\$/ { on = 0 }' requirements/pi.txt >"$wheels/pins.txt"
    # shellcheck disable=SC2016 # for that shell
    in_fresh sh -ec 'python3 -m venv /tmp/v
        for lock in edge web collector; do
            /tmp/v/bin/pip -q --disable-pip-version-check download --no-deps --require-hashes -d /wheels \
                -r /root/maskgate/requirements/$lock.txt
        done
        /tmp/v/bin/pip -q --disable-pip-version-check download --no-deps --require-hashes -d /wheels -r /wheels/pins.txt
        rm -r /tmp/v'
    : >"$fetched"
}

copy_sources() { # VERSION
    mkdir -p "$sources/$1"
    git ls-files --cached --others --exclude-standard | tar -c -T - | tar -x -C "$sources/$1"
    sed -i "s/^version = .*/version = \"$1\"/" "$sources/$1/pyproject.toml"
}

boot() {
    mkdir -p "$wheels" "$debs"
    rm -rf "$trial"
    cp -a --reflink=auto "$fresh" "$trial"
    mkdir -p "$trial/srv" "$trial/etc/maskgate"
    cp "$clip" "$trial/srv/"
    # A root that is made anew may not know its own name.
    grep -qs localhost "$trial/etc/hosts" || echo 127.0.0.1 localhost >>"$trial/etc/hosts"
    find "$trial" -xdev ! -type d | sort >"$folder/before"
    switch_on
}

switch_on() {
    set --
    if [ -e "${memory%/*}/memory.limit_in_bytes" ]; then
        mkdir -p $memory
        set -- --bind=$memory:/memory
    fi
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --register=no --keep-unit --boot \
        --private-network --console=pipe -D "$trial" --bind-ro="$sources:/sources" --bind-ro="$wheels:/wheels" \
        --bind-ro="$debs:/debs" "$@" >"$folder/console" 2>&1 </dev/null &
    nspawn=$!
    trap switch_off EXIT
    trap "exit 1" INT TERM HUP
    until leader=$(ps -o pid= --ppid $nspawn | tr -d ' ') && [ -n "$leader" ] &&
        in_trial systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; do
        sleep 0.5
    done
}

switch_off() {
    kill $nspawn 2>/dev/null || true
    wait $nspawn || true
    [ ! -e $memory ] || rmdir $memory
}

set_camera() {
    in_trial sed -i 's|^source = .*|source = "/srv/entrance.webm"|; s/^repeat = false/repeat = true/' \
        /etc/maskgate/config.toml
}

runs() { # UNIT ...; one that has ended may be on its way to the next start
    # shellcheck disable=SC2016 # for that shell
    in_trial timeout 120 sh -c 'until systemctl --quiet is-active "$1" && systemctl --quiet is-active "$2"; do
        sleep 0.2; done' sh "$1" "${2:-$1}"
}

serves() { # VERSION
    runs maskgate && in_trial maskgate --version | grep -qF "maskgate $1"
}

hears_a_pass() {
    in_trial timeout 60 mosquitto_sub -t 'maskgate/+/+/event' -C 1
}

page_answers() {
    # shellcheck disable=SC2016 # for that shell
    in_trial timeout 60 sh -c 'until python3 -c "import urllib.request as web; web.urlopen(\"http://127.0.0.1:8080/\")"; do
        sleep 1; done'
}

left_behind() {
    find "$trial" -xdev ! -type d | sort | comm -13 "$folder/before" - |
        grep -vE "^$trial/(var/(log|cache|lib/(apt|dpkg|mosquitto|systemd))|run|tmp|proc|sys|etc/(\.updated|machine-id))" |
        grep -iE 'maskgate|credstore'
}

by_script() {
    install=packaging/install.sh
    check "a dry run says what it would do" in_trial /sources/0.1.0/$install --dry-run
    check "it changes nothing" fails test -e "$trial/opt/maskgate"
    check "it installs" in_trial /sources/0.1.0/$install
    set_camera
    check "the service is started" in_trial systemctl start maskgate
    check "the service runs 0.1.0" serves 0.1.0
    check "an event arrives at a broker" hears_a_pass
    check "the doctor finds no fault" in_trial maskgate doctor
    check "the command has a man page" in_trial man -w maskgate-doctor
    check "installed once more, nothing is made anew" in_trial /sources/0.1.0/$install
    check "an update is installed" in_trial /sources/0.1.1/$install
    check "the service runs 0.1.1" serves 0.1.1
    check "the settings are kept" grep -q entrance.webm "$trial/etc/maskgate/config.toml"
    check "a version that does not start is refused" fails in_trial /sources/0.1.2/$install
    check "the service runs 0.1.1 again" serves 0.1.1
    check "a rollback succeeds" in_trial /sources/0.1.1/$install --rollback
    check "the service runs 0.1.0 again" serves 0.1.0
    check "two processes take its place" in_trial /sources/0.1.1/$install --two-processes
    check "both run" runs maskgate-vision maskgate-uplink
    check "an event arrives through both" hears_a_pass
    check "an update keeps two processes" in_trial /sources/0.1.0/$install
    check "both run again" runs maskgate-vision maskgate-uplink
    check "the pages come beside them" in_trial /sources/0.1.0/$install --with-web
    check "the status page answers" page_answers
    check "one process takes their place, without pages" in_trial /sources/0.1.0/$install --one-process --without-web
    check "the pages are gone" fails in_trial systemctl is-active maskgate-web
    check "one runs" serves 0.1.0
    check "it is removed but for the data" in_trial /sources/0.1.0/$install --uninstall --keep-data
    check "settings and events are there" test -e "$trial/etc/maskgate/config.toml" -a -e "$trial/var/lib/private/maskgate/spool.db"
    check "installed again it goes on" in_trial /sources/0.1.0/$install
    check "the service runs 0.1.0 with the old settings" serves 0.1.0
    check "it is removed" in_trial /sources/0.1.0/$install --uninstall
    check "nothing is left" fails left_behind
}

apt_install() { # PACKAGE OF /debs, OPTION ...
    package=$1
    shift
    in_trial apt-get -qq -y --no-install-recommends "$@" install "/debs/$package"
}

dpkg_says() { # VERSION
    # shellcheck disable=SC2016 # for dpkg-query
    in_trial dpkg-query -W -f='${Version}\n' maskgate | grep -qxF "$1" && runs maskgate
}

# The one that was built, and the same as a later version.
make_debs() {
    release=$(sed -n 's/^VERSION_ID="\(.*\)"$/\1/p' "$fresh/etc/os-release")
    rm -rf "$debs"
    mkdir -p "$debs"
    old=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)+deb$release
    cp "dist/maskgate_${old}_amd64.deb" "$debs/old.deb"
    dpkg-deb --raw-extract "$debs/old.deb" "$debs/tree"
    sed -i "s/^Version: .*/Version: 99/" "$debs/tree/DEBIAN/control"
    dpkg-deb --root-owner-group -Zzstd -z1 --build "$debs/tree" "$debs/new.deb" >/dev/null
    rm -rf "$debs/tree"
}

doctor_finds_units() {
    in_trial maskgate doctor --offline | grep '^ok *units'
}

by_deb() {
    check "apt installs it" apt_install old.deb
    set_camera
    check "the service is started" in_trial systemctl start maskgate
    check "it runs" dpkg_says "$old"
    check "an event arrives at a broker" hears_a_pass
    check "the command has a man page" in_trial man -w maskgate-doctor
    check "the doctor finds the units" doctor_finds_units
    check "the installer refuses to come beside it" fails in_trial /sources/0.1.0/packaging/install.sh
    check "apt updates it" apt_install new.deb
    check "the later one runs" dpkg_says 99
    check "the settings are kept" grep -q entrance.webm "$trial/etc/maskgate/config.toml"
    check "apt takes the earlier one back" apt_install old.deb --allow-downgrades
    check "the earlier one runs" dpkg_says "$old"
    check "apt removes it" in_trial apt-get -qq -y remove maskgate
    check "the program is gone" fails test -e "$trial/opt/maskgate"
    check "settings and events are there" test -e "$trial/etc/maskgate/config.toml" -a -e "$trial/var/lib/private/maskgate/spool.db"
    check "apt installs it again" apt_install old.deb
    check "it runs again" dpkg_says "$old"
    check "apt removes all of it" in_trial apt-get -qq -y purge maskgate
    check "nothing is left" fails left_behind
}

# A chip with pins that is a file, and a camera that is one: what counts is who may open them.
put_devices_in() {
    in_trial install -m 660 -g gpio /dev/null /dev/gpiochip0
    printf '%064d' 0 | tr 0 - >"/proc/$leader/root/dev/gpiochip0"
    in_trial install -m 660 -g video /dev/null /dev/video0
}

packages() { # OF THE PROGRAM
    in_trial /opt/maskgate/current/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
}

use_pins() {
    packages=$(packages)
    in_trial python3 -m venv /root/pins
    in_trial /root/pins/bin/pip install -q --no-deps --require-hashes --target "$packages" -r /wheels/pins.txt
    in_trial cp /sources/0.1.0/scripts/trial_pins.py "$packages/lgpio.py"
    in_trial sed -i 's/^kind = "console"/kind = "gpio"/; s/^# pin = 24/pin = 24/; s/^pulse_s = 3.0/pulse_s = 10.0/' \
        /etc/maskgate/config.toml
    # A start that fails, as where a busy machine is slow to start the guard, is tried again by itself.
    in_trial systemctl restart maskgate-vision || true
}

released() { # WHO SIGNAL; the main process of the half that sees, all of its processes, or the relay's guard
    in_trial python3 /sources/0.1.0/scripts/trial_pins.py maskgate-vision "$1" "$2"
}

# A subscriber that misses nothing, from now on.
listen() {
    in_trial systemd-run --quiet --unit=witness --property=StandardOutput=append:/run/heard \
        mosquitto_sub -V mqttv5 -q 1 -i witness -c -x 604800 -t 'maskgate/+/+/event'
}

# Waits until the broker was told of all events that are stored, and of no others.
tells_all() {
    # shellcheck disable=SC2016 # for that shell
    in_trial timeout 60 sh -c 'ids() { grep -o "\"id\": *\"[^\"]*\"" | sort -u; }
        until maskgate events export | ids >/run/stored; ids </run/heard >/run/told; cmp /run/stored /run/told; do
            sleep 1
        done
        wc -l </run/stored'
}

scores() { # AT MOST UNIT; a unit that is not installed, or a template, by its file
    case $2 in
    *@.service) there= ;;
    *) there=$trial/etc/systemd/system/$2 ;;
    esac
    [ -e "$there" ] || set -- "$1" --offline=yes "/sources/0.1.0/systemd/$2"
    most=$1
    shift
    in_trial systemd-analyze security --no-pager --threshold="${most%.*}${most#*.}" "$@" | grep Overall
    in_trial systemd-analyze security --no-pager --threshold="${most%.*}${most#*.}" "$@" >/dev/null
}

# The unit's own sandbox, with another program in it.
tries() { # UNIT
    in_trial mkdir -p "/run/systemd/system/$1.service.d"
    # shellcheck disable=SC2016 # for that shell
    printf '%s\n' '[Service]' Type=oneshot Restart=no WatchdogSec=0 ExecStopPost= ExecStart= \
        'ExecStart=/opt/maskgate/bin/python /opt/maskgate/try_sandbox.py' StandardOutput=truncate:/run/tried |
        in_trial sh -c 'cat >"/run/systemd/system/$1.service.d/try.conf"' sh "$1"
    in_trial systemctl daemon-reload
    in_trial systemctl start "$1"
    in_trial rm "/run/systemd/system/$1.service.d/try.conf"
    in_trial cat /run/tried
}

says_in_status() { # WORDS; it is told every five seconds
    # shellcheck disable=SC2016 # for that shell
    in_trial timeout 20 sh -c 'until systemctl show -p StatusText maskgate-vision | grep -F "$1"; do sleep 1; done' sh "$1"
}

has_errors() {
    in_trial journalctl -q -u maskgate-vision -p err --grep "the spool"
}

finds() { # LINE ...; in what was tried
    for line in "$@"; do
        grep -qF "$line" "$folder/tried" || return 1
    done
}

by_sandbox() {
    check "it installs as two processes" in_trial /sources/0.1.0/packaging/install.sh --two-processes
    set_camera
    put_devices_in
    in_trial cp /sources/0.1.0/scripts/try_sandbox.py /opt/maskgate/
    for unit in 0.4=maskgate-vision 1.0=maskgate-uplink 1.8=maskgate 1.0=maskgate-web 1.0=maskgate-collector \
        0.4=maskgate-relay@; do
        check "${unit#*=} is exposed by ${unit%=*} at most" scores "${unit%=*}" "${unit#*=}.service"
        cat "$folder/log"
    done
    in_trial systemctl stop maskgate-vision maskgate-uplink
    tries maskgate-vision >"$folder/tried"
    cat "$folder/tried"
    check "the half that sees opens camera and pins, and no socket of a network" finds "AF_INET: refused" "AF_INET6: refused" \
        "broker: refused" "/dev/video0: allowed" "/dev/gpiochip0: allowed"
    tries maskgate-uplink >"$folder/tried"
    cat "$folder/tried"
    check "the half that sends reaches a broker, and neither camera, pins nor spool" finds "AF_INET: allowed" \
        "broker: allowed" "/dev/video0: refused" "/dev/gpiochip0: refused" "spool: refused"
    in_trial systemctl daemon-reload
    in_trial rm -rf /var/lib/private/maskgate
    listen
    check "pins are wired" use_pins
    in_trial systemctl start maskgate-uplink
    check "both run" runs maskgate-vision maskgate-uplink
    check "an event arrives through both" hears_a_pass
    for case in "main KILL" "main STOP" "main OOM" "all KILL" "guard KILL" "guard STOP"; do
        # shellcheck disable=SC2086 # two words
        check "pins are off after $case" released $case
        cat "$folder/log"
        check "both run again" runs maskgate-vision maskgate-uplink
    done
    check "the broker was told of each event that is stored, and of no other" tells_all
    cat "$folder/log"
    state=/var/lib/private/maskgate
    in_trial systemctl stop maskgate-vision
    in_trial mount -t tmpfs -o size=16k state $state
    check "a full disk keeps nobody from seeing" in_trial systemctl start maskgate-vision
    check "and no event from its broker" hears_a_pass
    check "its status says so" says_in_status "the spool fails"
    check "and its journal, as an error" has_errors
    in_trial systemctl stop maskgate-vision
    in_trial umount $state
    in_trial mount --bind $state $state
    in_trial mount -o remount,bind,ro $state
    check "nor does a disk that is read-only" in_trial systemctl start maskgate-vision
    check "and an event arrives" hears_a_pass
}

# Where there is a token, this machine needs it, too.
listen_with_token() {
    printf 'a-token-of-a-trial\n' | in_trial install -D -m 600 /dev/stdin /etc/credstore/web-token
    in_trial sed -i '/^\[web\]/,/^port/s/^host = .*/host = "0.0.0.0"/' /etc/maskgate/config.toml
    in_trial systemctl restart maskgate-web
}

api_says() { # STATUS [TOKEN]; it may be about to start
    # shellcheck disable=SC2016 # for that shell
    in_trial timeout 120 python3 -c 'if True:
        import sys, time, urllib.error, urllib.request
        request = urllib.request.Request("http://127.0.0.1:8080/api/stats")
        for token in sys.argv[2:]:
            request.add_header("Authorization", "Bearer " + token)
        while True:
            try:
                status = urllib.request.urlopen(request).status
            except urllib.error.HTTPError as error:
                status = error.code
            except OSError:
                time.sleep(1)
                continue
            print(status)
            sys.exit(str(status) != sys.argv[1])' "$@"
}

by_web() {
    check "it installs with the pages" in_trial /sources/0.1.0/packaging/install.sh --with-web
    set_camera
    check "the service is started" in_trial systemctl start maskgate
    check "the status page answers this machine" page_answers
    check "it takes a token from a credential" listen_with_token
    check "nobody gets in without it" api_says 401
    check "nor with another" api_says 401 another-token-of-a-trial
    check "whoever has it gets in" api_says 200 a-token-of-a-trial
    check "it is exposed by 1.0 at most" scores 1.0 maskgate-web.service
    cat "$folder/log"
    check "killed it comes back" in_trial systemctl kill -s KILL maskgate-web
    check "and answers" api_says 200 a-token-of-a-trial
}

put_collector_in() {
    in_trial python3 -m venv /root/collector
    in_trial /root/collector/bin/pip install -q --no-deps --require-hashes --target "$(packages)" \
        -r /sources/0.1.0/requirements/collector.txt
    in_trial install -m 644 /sources/0.1.0/systemd/maskgate-collector.service /etc/systemd/system/
    in_trial su postgres -c "psql -q -c \"create role collector login password 'trial'\""
    in_trial su postgres -c "createdb --owner=collector maskgate"
    echo MASKGATE_DATABASE=postgresql+psycopg://collector:trial@127.0.0.1/maskgate |
        in_trial install -m 600 /dev/stdin /etc/maskgate/collector.env
    in_trial systemctl --quiet enable maskgate-collector
    in_trial systemctl --quiet disable postgresql
}

starts_of() { # UNIT; that systemd has tried beyond the first
    in_trial systemctl show --value --property=NRestarts "$1"
}

has_tried() { # UNIT TIMES
    # shellcheck disable=SC2016 # for that shell
    in_trial timeout 180 sh -c 'until [ "$(systemctl show --value --property=NRestarts "$1")" -ge "$2" ]; do
        sleep 1; done' sh "$1" "$2"
}

collects() { # and has stored something
    # shellcheck disable=SC2016 # for that shell
    in_trial timeout 120 sh -c 'export $(cat /etc/maskgate/collector.env)
        until systemctl --quiet is-active maskgate-collector && maskgate collect status --json | grep epoch; do
            sleep 1
        done'
}

restarts() { # TIMES UNIT; a start that fails is tried again by itself, or is not, which is what is looked for
    for _ in $(seq "$1"); do
        in_trial systemctl restart "$2" || true
    done
    runs "$2"
}

# Each time it has to come back by itself; the pauses grow to a minute.
is_killed() { # TIMES UNIT
    for _ in $(seq "$1"); do
        in_trial systemctl kill --kill-who=main --signal=KILL "$2"
        # shellcheck disable=SC2016 # for that shell
        in_trial timeout 120 sh -c 'until systemctl --quiet is-active "$1"; do sleep 0.5; done' sh "$2" || return 1
    done
    starts_of "$2"
}

guards() {
    in_trial systemctl list-units --state=running 'maskgate-relay@*' | grep -F running
}

by_life() {
    check "it installs as two processes" in_trial /sources/0.1.0/packaging/install.sh --two-processes
    set_camera
    check "a collector comes beside it" put_collector_in
    switch_off
    say "booting, without PostgreSQL"
    switch_on
    check "both halves run by themselves" runs maskgate-vision maskgate-uplink
    check "the collector tries a fifth time" has_tried maskgate-collector 4
    in_trial systemctl start postgresql
    check "it collects once the database is there" collects
    put_devices_in
    check "pins are wired" use_pins
    check "both run" runs maskgate-vision maskgate-uplink
    for unit in maskgate-relay.socket maskgate-uplink maskgate-vision; do
        check "eleven restarts in a row: $unit" restarts 11 $unit
        check "both run" runs maskgate-vision maskgate-uplink
    done
    check "the relay has its guard" guards
    check "an event arrives" hears_a_pass
    check "eleven kills in a row: maskgate-uplink" is_killed 11 maskgate-uplink
    check "an event arrives" hears_a_pass
    in_trial systemctl stop maskgate-vision maskgate-uplink
    check "eleven restarts in a row: maskgate, which does the work of both" restarts 11 maskgate
    check "the relay has its guard" guards
    check "an event arrives" hears_a_pass
    check "no unit has failed" no_unit_failed
}

no_unit_failed() {
    in_trial systemctl list-units --state=failed 'maskgate*' | grep -F '0 loaded units'
}

make_root
case $way in
script | sandbox | life | web) fetch_wheels ;;
deb) make_debs ;;
*)
    echo "maskgate: there is no way $way; name script, deb, sandbox, life or web" >&2
    exit 2
    ;;
esac
rm -rf "$sources"
for version in 0.1.0 0.1.1 0.1.2; do
    copy_sources $version
done
# It ends before it is ready.
printf 'raise SystemExit(9)\n' >"$sources/0.1.2/edge/commands/run.py"
say "booting"
boot
by_"$way"
say "all is well on $suite"
