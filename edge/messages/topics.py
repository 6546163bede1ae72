"""Where a device publishes and listens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from edge.types import NAME, DeviceKey

PREFIX = "maskgate"
"""With this all topics begin, unless the configuration says otherwise."""
ONLINE = b"online"
OFFLINE = b"offline"
COLLECT = "collect"
"""With this the identifier of every collector goes on."""


def escaped(level: str) -> str:
    """A name in letters, digits and `_` alone; different names stay different."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):02x}", level)


def client_id(*names: str) -> str:
    """An identifier that no other names make."""
    return "-".join((PREFIX, *map(escaped, names)))


@dataclass(frozen=True, slots=True)
class Topics:
    """Where a device publishes: `<prefix>/<site>/<device>/...`; the prefix may have several levels."""

    site: str
    device: str
    prefix: str = PREFIX

    def __post_init__(self) -> None:
        # MQTT 5.0, section 4.7: `/` would begin another level, `+` and `#` are wildcards.
        for level in (self.site, self.device, *self.prefix.split("/")):
            if not re.fullmatch(NAME, level):
                raise ValueError(f"a topic level is made of letters, digits, '.', '_' and '-', not {level!r}")

    @classmethod
    @lru_cache(maxsize=1_024)
    def of(cls, origin: DeviceKey, prefix: str = PREFIX) -> Topics:
        """Those of a device."""
        # Asked for with every event and every acknowledgement. Bounded: a collector meets names of others.
        return cls(origin.site, origin.device, prefix)

    def of_name(self, origin: DeviceKey) -> Topics:
        """Those of this device under another name, such as an earlier one."""
        return Topics.of(origin, self.prefix)

    @property
    def origin(self) -> DeviceKey:
        """Whose they are."""
        return DeviceKey(self.site, self.device)

    @property
    def availability(self) -> str:
        """`online` or `offline`, retained; also the will."""
        return self._topic("availability")

    @property
    def event(self) -> str:
        """One message per verdict and revision."""
        return self._topic("event")

    @property
    def pass_begin(self) -> str:
        """One message for each pass that has begun."""
        return self._topic("pass/begin")

    @property
    def pass_end(self) -> str:
        """One message for each pass that is over."""
        return self._topic("pass/end")

    @property
    def state(self) -> str:
        """What the device shows now, retained."""
        return self._topic("state")

    @property
    def gap(self) -> str:
        """Sequences that will never come."""
        return self._topic("gap")

    @property
    def ack(self) -> str:
        """Where consumers acknowledge the events that they have stored."""
        return self._topic("ack")

    @property
    def command(self) -> str:
        """Where commands to the device are published."""
        return self._topic("command")

    @property
    def reply(self) -> str:
        """Below it answers to commands may be published."""
        return self._topic("reply")

    @property
    def info(self) -> str:
        """What the device is and how it is configured, retained."""
        return self._topic("info")

    @property
    def stats(self) -> str:
        """How the last minute went, retained, expiring."""
        return self._topic("stats")

    @property
    def hour(self) -> str:
        """The present hour so far, and each one when it is over, retained."""
        return self._topic("summary/hour")

    @property
    def day(self) -> str:
        """The same for days."""
        return self._topic("summary/day")

    @property
    def client_id(self) -> str:
        """The same in every run, so that a broker ends a dead connection when the device returns."""
        # The middle that is empty keeps a site of that name from the identifiers of collectors.
        between = ("",) if self.site == COLLECT else ()
        return client_id(self.site, *between, self.device)

    def _topic(self, name: str) -> str:
        return f"{self.prefix}/{self.site}/{self.device}/{name}"
