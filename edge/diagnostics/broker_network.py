"""Whether the sandbox of the half that sends lets it reach the broker: root, who checks, is in none."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from edge.diagnostics.finding import Device, Finding, needs, ok, skipped, warning
from edge.diagnostics.unit_files import UPLINK, UnitFile, installed
from edge.diagnostics.units import in_use

CHECK = "broker's network"
NETWORKS = {
    "any": ("0.0.0.0/0", "::/0"),
    "localhost": ("127.0.0.0/8", "::1/128"),
    "link-local": ("169.254.0.0/16", "fe80::/64"),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
}
"""Words for networks; see systemd.resource-control(5), IPAddressAllow."""

Address = IPv4Address | IPv6Address


@needs(("mqtt",), CHECK)
def broker_network(device: Device) -> Iterator[Finding]:
    """The broker's address, against those that the unit may reach."""
    unit = installed(device).get(UPLINK)
    if not device.config.mqtt.enabled or unit is None or UPLINK not in in_use(device):
        yield skipped(CHECK, f"{UPLINK} is not in use")
        return
    addresses = _addresses(device.config.mqtt.host)
    told = " and ".join(map(str, addresses))
    if not addresses:
        yield skipped(CHECK, "mqtt.host leads to no address")
    elif any(reaches(unit, address) for address in addresses):
        yield ok(CHECK, f"{UPLINK} may reach {told}")
    else:
        yield warning(
            CHECK,
            f"{UPLINK} may not reach {told}, which is beyond its IPAddressAllow",
            f"sudo systemctl edit {UPLINK}, with [Service] and IPAddressAllow={addresses[0]}, "
            f"then sudo systemctl restart {UPLINK}",
        )


def reaches(unit: UnitFile, address: Address) -> bool:
    """Whether a unit may send to an address: what is allowed counts more than what is denied."""
    return _is_in(address, unit.words("IPAddressAllow")) or not _is_in(address, unit.words("IPAddressDeny"))


def _is_in(address: Address, words: Iterable[str]) -> bool:
    """Whether an address is in one of the networks; a word that is none counts for nothing."""
    for word in words:
        for network in NETWORKS.get(word, (word,)):
            try:
                if address in ip_network(network, strict=False):
                    return True
            except ValueError:
                continue
    return False


def _addresses(host: str) -> list[Address]:
    """What a host or address leads to; nothing where it leads nowhere, which the login tells."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ip_address(each[4][0]) for each in found))
