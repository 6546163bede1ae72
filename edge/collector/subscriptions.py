"""Which topics a collector asks for. Pure."""

from __future__ import annotations

import re

from edge.collector.parse import KINDS
from edge.errors import ConfigError
from edge.messages.topics import PREFIX
from edge.types import NAME

_DIVIDED = ("event", "gap")
"""What a group may divide. Presence and state every collector hears for itself: a shared subscription
brings no retained messages."""


def filters(
    sites: tuple[str, ...], devices: tuple[str, ...], share: str = "", prefix: str = PREFIX
) -> tuple[str, ...]:
    """Topic filters for some sites and devices, all where none is named.

    Args:
        sites: Names of sites.
        devices: Names of devices.
        share: Name of the group with which events are divided; empty for none.
        prefix: With what the topics of the devices begin.

    Raises:
        ConfigError: A name is none.
    """
    for option, names in (("--site", sites), ("--device", devices)):
        for name in names:
            if not re.fullmatch(NAME, name):
                raise ConfigError(
                    f"{option}: {name!r} is made of more than letters, digits, '_', '.' and '-'"
                )
    return tuple(
        (f"$share/{share}/" if share and kind in _DIVIDED else "") + f"{prefix}/{site}/{device}/{kind}"
        for site in sites or ("+",)
        for device in devices or ("+",)
        for kind in KINDS
    )
