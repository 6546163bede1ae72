#!/bin/sh
# Installs MaskGate as a service on Raspberry Pi OS and Debian 12 or 13, from the sources that it lies in.
# What it does, and why so: docs/adr/0015-installation.md
set -eu

usage() {
    cat <<'END'
Usage: sudo packaging/install.sh [OPTION ...]

Installs MaskGate as a service, or updates it. Where a new version does not
become ready, the one before is started again.

  --dry-run         show what would be done, and change nothing
  --two-processes   one process that sees and one that sends, each with a
                    sandbox of its own; kept by later updates
  --one-process     back to one process
  --with-web        the status page and the HTTP API, too; kept by later updates
  --without-web     no longer
  --rollback        go back to the version before
  --uninstall       remove everything: program, settings, passwords, events
  --keep-data       with --uninstall: keep settings, passwords and events
  --help            this text

Exit codes: 0 done, 1 something failed, 2 usage, or this system is not supported.
END
}

fail() { # SENTENCE [EXIT CODE]
    printf 'maskgate: %s\n' "$1" >&2
    exit "${2:-1}"
}

say() {
    printf '%s\n' "$1"
}

# --- Where things are. DESTDIR puts all of them below another folder, for the tests.

root=${DESTDIR:-}
opt=$root/opt/maskgate
etc=$root/etc/maskgate
systemd=$root/etc/systemd/system
share=$root/usr/local/share
program=$root/usr/local/bin/maskgate
sysusers=$root/etc/sysusers.d/maskgate.conf
# What the first line of the sample names, for editors; the .deb has it there too.
schema=/usr/share/maskgate/config.schema.json
# Each unit's state directory; systemd keeps it below private/, and a link to it.
states="maskgate maskgate-uplink"
credentials="mqtt-password camera-password web-token"
all_in_one=maskgate.service
halves="maskgate-vision.service maskgate-uplink.service"
pages=maskgate-web.service
units="$all_in_one $halves $pages"
# Started by the service that sees, where a relay is wired.
guard=maskgate-relay.socket
files="$units $guard maskgate-relay@.service"
# Megabytes for a version and the packages that it is made of; docs/install-pi.md has what was measured.
needed_mb=500

# --- What this machine is.

os() { # KEY
    sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" "$root/etc/os-release" 2>/dev/null
}

# Sets: arch, release, python, model, lock
look() {
    command -v dpkg >/dev/null || fail "this is not Debian: there is no dpkg" 2
    arch=$(dpkg --print-architecture)
    case $arch in
    arm64 | amd64) ;;
    armhf | armel | i386)
        fail "this system has 32 bit ($arch), and there are no packages for it; install the 64-bit Raspberry Pi OS" 2
        ;;
    *) fail "there are no packages for $arch; MaskGate is for arm64 and amd64" 2 ;;
    esac
    release="$(os ID) $(os VERSION_ID)"
    case $release in
    "debian 12") python=3.11 ;;
    "debian 13") python=3.13 ;;
    *) fail "this is $(os PRETTY_NAME); MaskGate is for Raspberry Pi OS and Debian, 12 (bookworm) or 13 (trixie)" 2 ;;
    esac
    model=$(tr -d '\0' 2>/dev/null <"$root/proc/device-tree/model" || true)
    case $model in
    "Raspberry Pi"*) lock=requirements/pi.txt ;;
    *) lock=requirements/edge.txt ;;
    esac
}

# Sets: wanted, the name of the folder of this version: the same sources give the same name.
name_version() {
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
    digest=$(find edge training convert systemd packaging config.toml pyproject.toml "$lock" \
        requirements/web.txt -type f ! -path '*/__pycache__/*' | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cat | sha256sum | cut -c1-8)
    wanted=$version-py$python-$digest
    ! with_web || wanted=$wanted-web
}

on_pi() {
    [ "$lock" = requirements/pi.txt ]
}

packages() {
    echo python3-venv
    # Apt's own: they are built for the camera and the pins of this very system.
    ! on_pi || printf '%s\n' python3-picamera2 python3-lgpio
}

installed() { # PACKAGE
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_packages() {
    for package in $(packages); do
        installed "$package" || echo "$package"
    done
}

current() { # LINK
    basename "$(readlink "$opt/$1" 2>/dev/null)" 2>/dev/null || true
}

enabled() { # UNIT
    [ -L "$systemd/multi-user.target.wants/$1" ]
}

with_web() {
    [ "$web" = with ] || { [ -z "$web" ] && enabled $pages; }
}

# The units that are to run: those asked for, else those of before.
services() {
    run=$all_in_one
    if [ "$processes" = two ] || { [ -z "$processes" ] && enabled maskgate-vision.service; }; then
        run=$halves
    fi
    ! with_web || run="$run $pages"
    echo "$run"
}

# The units of a list that a version can run: the pages only where it was made with them.
able() { # VERSION UNITS
    case $1 in
    *-web) echo "$2" ;;
    *) echo "$2" | sed "s/ *$pages//" ;;
    esac
}

systemd_runs() {
    [ -d "$root/run/systemd/system" ]
}

# --- What is refused.

refuse() {
    command -v systemctl >/dev/null || fail "there is no systemd here, which is to run the service" 2
    [ -n "$dry_run" ] || [ -n "$root" ] || [ "$(id -u)" = 0 ] || fail "this needs root; put sudo before it" 2
    if installed maskgate; then
        fail "MaskGate is installed from a .deb here; remove that first, the settings stay: sudo apt-get remove maskgate" 2
    fi
    if [ -e "$opt/pyvenv.cfg" ]; then
        fail "$opt was made by hand; remove it first, the settings stay: sudo rm -r $opt" 2
    fi
}

refuse_full_disk() {
    place=$(dirname "$opt")
    [ -d "$place" ] || place=${root:-/}
    free_mb=$(df -Pm "$place" | awk 'NR == 2 {print $4}')
    [ "$free_mb" -ge $needed_mb ] || fail "$place has $free_mb MB free, and $needed_mb MB are needed"
}

# --- The plan.

step() { # TITLE TEXT
    printf '  %-11s %s\n' "$1" "$2"
}

more() { # TEXT
    step "" "$1"
}

plan_install() {
    say "MaskGate $version on $(os PRETTY_NAME), $arch"
    say ""
    [ -z "$model" ] || step machine "$model"
    missing=$(missing_packages | tr '\n' ' ')
    step packages "${missing:+from apt: }${missing:-all are there}"
    if [ -e "$opt/versions/$wanted/complete" ]; then
        step program "$opt/versions/$wanted is there already"
    else
        step program "$opt/versions/$wanted"
        more "by the hashes of $lock; needs $needed_mb MB for a while"
        ! with_web || more "and those of requirements/web.txt"
    fi
    step command "$program, with man pages and completion"
    if [ -e "$etc/config.toml" ]; then
        step settings "$etc/config.toml is kept as it is"
    else
        step settings "$etc/config.toml, the sample"
    fi
    step groups "video and gpio, where they are missing"
    step service "$(short "$(services)"), enabled and started"
    [ -z "$(current current)" ] || more "if it does not become ready: back to $(current current)"
}

short() { # UNITS
    printf '%s\n' "$1" | sed 's/\.service//g'
}

plan_uninstall() {
    say "MaskGate is removed from this machine:"
    say ""
    step service "$(short "$units")"
    step program "$opt"
    step command "$program, with man pages and completion"
    made=$(sed -n 's/^group //p' "$opt/made" 2>/dev/null | tr '\n' ' ')
    [ -z "$made" ] || step groups "$made"
    step settings "${keep_data:+kept: }$etc"
    step passwords "${keep_data:+kept: }$credentials in $root/etc/credstore"
    step events "${keep_data:+kept: }$root/var/lib/private/maskgate"
    step packages "kept; apt's next autoremove takes what was installed for MaskGate"
    more "and what nothing else needs"
}

plan_rollback() {
    say "MaskGate goes back:"
    say ""
    step from "$opt/versions/$(current current)"
    step to "$opt/versions/$(current previous)"
    step service "$(short "$(able "$(current previous)" "$(services)")"), started again"
    ! loses_pages || more "without the pages, which that version has not; later: --with-web"
}

loses_pages() {
    [ "$(able "$(current previous)" "$(services)")" != "$(services)" ]
}

# --- Packages and program.

install_packages() {
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    say "Installing packages from apt ..."
    log=$(mktemp)
    apt_get update || apt_failed update
    found=
    for package in $missing; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            found="$found $package"
        else
            say "There is no $package for this system: it is in the archive of Raspberry Pi OS."
        fi
    done
    # shellcheck disable=SC2086 # a list of names
    [ -z "$found" ] || apt_get install --no-install-recommends $found || apt_failed "install$found"
    rm -f "$log"
    for package in $found; do
        remember "package $package"
    done
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 "$@" </dev/null >"$log" 2>&1
}

apt_failed() { # WHAT
    tail -n 5 "$log" >&2
    fail "apt-get $1 failed, as it says above; all of it is in $log"
}

# What was made by the installer and lies outside of its folders, so that --uninstall may take it back.
remember() { # LINE
    mkdir -p "$opt"
    grep -qsxF "$1" "$opt/made" || printf '%s\n' "$1" >>"$opt/made"
}

pip() {
    "$folder/bin/python" -m pip --disable-pip-version-check --no-input --no-cache-dir "$@"
}

build() {
    folder=$opt/versions/$wanted
    [ ! -e "$folder/complete" ] || return 0
    refuse_full_disk
    say "Making $folder (minutes) ..."
    # What was interrupted is no version.
    rm -rf "$folder"
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' INT TERM HUP
    make_environment
    make_share
    : >"$folder/complete"
    trap - EXIT INT TERM HUP
}

make_environment() {
    see_system=
    ! on_pi || see_system=--system-site-packages
    /usr/bin/python3 -m venv $see_system "$folder" || fail "$folder could not be made; python says why above"
    pip install -qq --progress-bar off --no-deps --require-hashes -r "$lock" ||
        fail "the packages of $lock could not be installed; pip says why above"
    ! with_web || make_web
    pip install -qq --no-deps --no-build-isolation . || fail "maskgate could not be installed; pip says why above"
    if lacking >&2; then
        fail "what was installed does not fit together, as pip says above"
    fi
}

# What the pages need beside the device. Where both locks have a package, the device's decides.
make_web() {
    awk '/^[a-z]/ { name = $0; sub(/==.*/, "", name); keep = !(name in there) }
        NR == FNR && /^[a-z]/ { there[name]; next }
        NR != FNR && keep' "$lock" requirements/web.txt >"$folder/web.txt"
    pip install -qq --progress-bar off --no-deps --require-hashes -r "$folder/web.txt" ||
        fail "the packages of requirements/web.txt could not be installed; pip says why above"
}

# Succeeds where pip finds fault with something that is not the system's own, and prints it.
lacking() {
    own=$(sed -n 's/^\([a-z][a-z0-9._-]*\)==.*/\1/p' "$lock" requirements/web.txt | tr '\n' '|')maskgate
    ! told=$(pip check 2>&1) && printf '%s\n' "$told" | grep -iE "^($own) "
}

# What goes to other places while this version is the one that runs.
make_share() {
    "$folder/bin/python" packaging/man_pages.py "$folder/share"
    mkdir -p "$folder/share/maskgate"
    for unit in $files; do
        cp "systemd/$unit" "$folder/share/maskgate/"
    done
    cp systemd/sysusers.conf config.toml edge/schemas/config.schema.json "$folder/share/maskgate/"
}

# --- Taking a version.

# Has a link show a version, at once or not at all.
point() { # LINK VERSION
    ln -sfn "versions/$2" "$opt/$1.new"
    mv -T "$opt/$1.new" "$opt/$1"
}

# Brings program, units, man pages and completion of a version to their places.
take() { # VERSION
    point current "$1"
    ln -sfn current/bin "$opt/bin"
    mkdir -p "$(dirname "$program")" "$systemd" "$(dirname "$sysusers")"
    ln -sfn "$opt/bin/maskgate" "$program"
    from=$opt/versions/$1/share
    install -m 644 "$from/maskgate/sysusers.conf" "$sysusers"
    for unit in $files; do
        # A version that is gone back to may not have it.
        rm -f "$systemd/$unit"
        [ ! -e "$from/maskgate/$unit" ] || install -m 644 "$from/maskgate/$unit" "$systemd/$unit"
    done
    rm -f "$root$schema"
    [ ! -e "$from/maskgate/config.schema.json" ] ||
        install -D -m 644 "$from/maskgate/config.schema.json" "$root$schema"
    remove_share
    (cd "$from" && find man bash-completion zsh fish -type f) | while read -r file; do
        install -D -m 644 "$from/$file" "$share/$file"
    done
}

remove_share() {
    rm -f "$share"/man/man1/maskgate.1 "$share"/man/man1/maskgate-*.1 \
        "$share/bash-completion/completions/maskgate" "$share/zsh/site-functions/_maskgate" \
        "$share/fish/vendor_completions.d/maskgate.fish"
}

make_settings() {
    [ ! -e "$etc/config.toml" ] || return 0
    install -D -m 644 config.toml "$etc/config.toml"
    sed -i "1s|.*|#:schema $schema|" "$etc/config.toml"
}

make_groups() {
    for group in video gpio; do
        getent group "$group" >/dev/null || remember "group $group"
    done
    [ -n "$root" ] || systemd-sysusers "$sysusers"
}

others() {
    for unit in $units; do
        case " $services " in
        *" $unit "*) ;;
        *) echo "$unit" ;;
        esac
    done
}

# Starts the service, and waits until it is ready.
start() {
    # shellcheck disable=SC2046,SC2086 # lists of units
    {
        systemctl --quiet disable $(others) 2>/dev/null || true
        # Said here: within a condition no error ends the script.
        systemctl --quiet enable $services || return 1
        systemd_runs || return 0
        systemctl daemon-reload
        systemctl --quiet stop $(others)
        stop_guard
        systemctl restart $services
    }
}

# Its socket may be another one now, or none; what has been called ends with the service.
stop_guard() {
    systemctl --quiet stop $guard 2>/dev/null || true
}

active() {
    # shellcheck disable=SC2086 # a list of units
    systemd_runs && systemctl is-active $units | grep -qE '^(active|activating|reloading)$'
}

# --- The commands.

install_all() {
    install_packages
    build
    before=$(current current)
    was_active=
    ! active || was_active=yes
    ran=$(processes='' && web='' && services)
    services=$(services)
    take "$wanted"
    make_settings
    make_groups
    if [ -z "$before" ] && ! ready_to_start; then
        # shellcheck disable=SC2086 # a list of units
        systemctl --quiet enable $services
        return
    fi
    say "Starting $services ..."
    start || not_ready
    [ "$before" = "$wanted" ] || [ -z "$before" ] || point previous "$before"
    forget_older
    say_done
}

# On a machine that was never set up a start would say the same, less clearly.
ready_to_start() {
    [ -z "$root" ] || return 0
    "$program" check --config "$etc/config.toml" && return
    say ""
    say "Installed, and not started yet: change $etc/config.toml as said above, then"
    say "  sudo maskgate check --config $etc/config.toml"
    say "  sudo systemctl start $services"
    return 1
}

not_ready() {
    log="see: journalctl -u ${services%% *}"
    if [ -z "$was_active" ] || [ "$before" = "$wanted" ]; then
        fail "installed, and the service does not become ready; $log"
    fi
    say "The new version does not become ready. Going back to $before ..."
    return_to "$before" "$(able "$before" "$ran")" "$wanted"
}

# Takes a version again that ran, with the units that it had; a failure either way.
return_to() { # VERSION UNITS FAILED
    services=$2
    take "$1"
    start || fail "neither $3 nor $1 becomes ready; $log"
    fail "$3 did not become ready, so $1 runs again; $log"
}

roll_back() {
    back=$(current previous)
    before=$(current current)
    ran=$(services)
    services=$(able "$back" "$ran")
    log="see: journalctl -u ${services%% *}"
    take "$back"
    say "Starting $services ..."
    if ! start; then
        say "$back does not become ready. Taking $before again ..."
        return_to "$before" "$ran" "$back"
    fi
    point previous "$before"
    say "$back runs."
}

# Two versions are kept: the one that runs, and the one to go back to.
forget_older() {
    for folder in "$opt"/versions/*; do
        case $(basename "$folder") in
        "$(current current)" | "$(current previous)") ;;
        *) rm -rf "$folder" ;;
        esac
    done
}

say_done() {
    systemd_runs || say "systemd does not run here; the service starts with the system."
    say ""
    say "MaskGate $version is installed. Next:"
    say "  sudo nano $etc/config.toml       names, camera, lamp, broker"
    say "  sudo systemctl restart $services"
    say "  sudo maskgate doctor             what is still amiss, and its fix"
}

uninstall() {
    # shellcheck disable=SC2086 # a list of units
    if [ -e "$systemd/$all_in_one" ]; then
        ! systemd_runs || { systemctl --quiet stop $units && stop_guard; }
        systemctl --quiet disable $units
    fi
    for unit in $files; do
        rm -rf "${systemd:?}/$unit" "${systemd:?}/$unit.d"
    done
    ! systemd_runs || systemctl daemon-reload
    give_back
    remove_share
    for folder in man/man1 bash-completion/completions zsh/site-functions fish/vendor_completions.d; do
        (cd "$share" 2>/dev/null && rmdir -p --ignore-fail-on-non-empty "$folder" 2>/dev/null) || true
    done
    rm -f "$root$schema"
    rmdir --ignore-fail-on-non-empty "$root${schema%/*}" 2>/dev/null || true
    rm -rf "$opt" "$program" "$sysusers" "$root"/run/maskgate "$root"/run/maskgate-relay* \
        "$root/run/private/maskgate" "$root/run/private/maskgate-relay"
    [ -z "$keep_data" ] || return 0
    for name in $states; do
        rm -rf "$root/var/lib/private/$name" "$root/var/lib/$name"
    done
    for name in $credentials; do
        rm -f "$root/etc/credstore/$name"
    done
    rm -rf "$etc"
}

give_back() {
    [ -e "$opt/made" ] || return 0
    while read -r kind name; do
        case $kind in
        package) apt-mark -qq auto "$name" >/dev/null || true ;;
        group) groupdel "$name" || true ;;
        esac
    done <"$opt/made"
}

# --- What was asked for.

given=" $* "

given() { # OPTION
    case $given in
    *" $1 "*) ;;
    *) return 1 ;;
    esac
}

apart() { # OPTION OTHER ...
    first=$1
    shift
    for other in "$@"; do
        ! given "$first" || ! given "$other" || fail "$first and $other do not go together; give one of them" 2
    done
}

dry_run='' keep_data='' processes='' web='' task=install
while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) dry_run=yes ;;
    --two-processes) processes=two ;;
    --one-process) processes=one ;;
    --with-web) web=with ;;
    --without-web) web=without ;;
    --rollback) task=rollback ;;
    --uninstall) task=uninstall ;;
    --keep-data) keep_data=yes ;;
    -h | --help)
        usage
        exit 0
        ;;
    *) fail "there is no option $1; see: packaging/install.sh --help" 2 ;;
    esac
    shift
done
apart --rollback --uninstall --two-processes --one-process --with-web --without-web
apart --uninstall --two-processes --one-process --with-web --without-web
apart --two-processes --one-process
apart --with-web --without-web
[ -z "$keep_data" ] || [ $task = uninstall ] || fail "--keep-data goes with --uninstall only" 2

cd "$(dirname "$0")/.."
umask 022
look
refuse
case $task in
install)
    name_version
    plan_install
    ;;
uninstall) plan_uninstall ;;
rollback)
    [ -n "$(current previous)" ] || fail "there is no version to go back to"
    plan_rollback
    ;;
esac
say ""
if [ -n "$dry_run" ]; then
    say "Nothing was changed: this was a dry run."
    exit 0
fi
case $task in
install) install_all ;;
uninstall)
    uninstall
    say "MaskGate is removed."
    ;;
rollback) roll_back ;;
esac
