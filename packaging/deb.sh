#!/bin/sh
# Usage: deb.sh BIN SUITE ARCH
# Builds dist/maskgate_VERSION_ARCH.deb for bookworm or trixie, arm64 (a Raspberry Pi) or amd64. It holds all
# Python packages of the lock; nothing is fetched where it is installed. BIN has python and uv of `make deb`.
set -eu
cd "$(dirname "$0")/.."
bin=$1 suite=$2 arch=$3

fail() {
    echo "maskgate: $1" >&2
    exit 2
}

case $suite in
bookworm) release=12 python=3.11 next=3.12 ;;
trixie) release=13 python=3.13 next=3.14 ;;
*) fail "there is no .deb for $suite; name bookworm or trixie" ;;
esac
case $arch in
arm64) platform=aarch64-manylinux_2_36 lock=requirements/pi.txt recommends="python3-picamera2, python3-lgpio" ;;
amd64) platform=x86_64-manylinux_2_36 lock=requirements/edge.txt recommends=python3-lgpio ;;
*) fail "there is no .deb for $arch; name arm64 or amd64" ;;
esac
command -v dpkg-deb >/dev/null || fail "there is no dpkg-deb; on Debian: apt-get install dpkg"

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)+deb$release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
site=$tree/opt/maskgate/lib/python$python/site-packages
usr=$tree/usr

# The same packages as on every other machine, by the lock, for a machine that this one need not be.
packages() {
    uv_install --require-hashes -r "$lock"
    "$bin/python" -m hatchling build -t wheel -d "$work" >/dev/null 2>&1
    uv_install "$work"/*.whl
    rm -rf "${site:?}/bin" "${site:?}/.lock"
    find "$site" -name __pycache__ -prune -exec rm -rf {} +
}

uv_install() {
    "$bin/uv" pip install --quiet --no-config --no-deps --only-binary :all: --link-mode copy --target "$site" \
        --python "$bin/python" --python-platform $platform --python-version $python "$@"
}

# A virtual environment by hand: a link to Debian's Python, and the file by which it knows itself.
environment() {
    mkdir -p "$tree/opt/maskgate/bin"
    ln -s /usr/bin/python3 "$tree/opt/maskgate/bin/python"
    cat >"$tree/opt/maskgate/pyvenv.cfg" <<END
home = /usr/bin
include-system-site-packages = true
version = $python
END
    cat >"$tree/opt/maskgate/bin/maskgate" <<'END'
#!/opt/maskgate/bin/python
from edge.commands import main

main()
END
    chmod 755 "$tree/opt/maskgate/bin/maskgate"
    mkdir -p "$usr/bin"
    ln -s /opt/maskgate/bin/maskgate "$usr/bin/maskgate"
}

files() {
    for unit in maskgate.service maskgate-vision.service maskgate-uplink.service maskgate-relay.socket maskgate-relay@.service; do
        install -D -m 644 "systemd/$unit" "$usr/lib/systemd/system/$unit"
    done
    install -D -m 644 systemd/sysusers.conf "$usr/lib/sysusers.d/maskgate.conf"
    install -D -m 644 config.toml "$usr/share/maskgate/config.toml"
    install -m 644 edge/schemas/config.schema.json "$usr/share/maskgate/"
    sed -i '1s|.*|#:schema /usr/share/maskgate/config.schema.json|' "$usr/share/maskgate/config.toml"
    install -D -m 644 packaging/debian/copyright "$usr/share/doc/maskgate/copyright"
    "$bin/python" packaging/man_pages.py "$work/share"
    gzip -9n "$work"/share/man/man1/*
    cp -r "$work/share/man" "$work/share/bash-completion" "$work/share/fish" "$usr/share/"
    install -D -m 644 "$work/share/zsh/site-functions/_maskgate" "$usr/share/zsh/vendor-completions/_maskgate"
}

control() {
    mkdir "$tree/DEBIAN"
    cp packaging/debian/preinst packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm "$tree/DEBIAN/"
    chmod 755 "$tree"/DEBIAN/*
    cat >"$tree/DEBIAN/control" <<END
Package: maskgate
Version: $version
Architecture: $arch
Maintainer: MaskGate maintainers <maintainers@maskgate.invalid>
Section: misc
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$tree" | cut -f1)
Depends: python3 (>= $python~), python3 (<< $next~), libc6 (>= 2.36), libstdc++6, systemd (>= 252)
Recommends: $recommends
Description: mask compliance at a building entrance
 MaskGate watches an entrance with a camera, decides for each person whether a
 mask is worn, shows the verdict on a lamp, and publishes it over MQTT.
END
}

umask 022
packages
environment
files
control
mkdir -p dist
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
deb=dist/maskgate_${version}_$arch.deb
# Debian 12 and later read it; xz takes minutes.
dpkg-deb --root-owner-group -Zzstd -z9 --build "$tree" "$deb" >/dev/null
echo "$deb, $(du -m "$deb" | cut -f1) MB, for $suite"
