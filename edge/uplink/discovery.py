"""Keeps the descriptions for Home Assistant at the broker as they are wanted, and takes back what is not.

A retained description outlives the program that published it. So the topics of those that may be at the
broker are remembered in a file: after a change of names or settings the earlier ones are emptied.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from edge.errors import MaskGateError
from edge.system.files import write_atomic
from edge.system.parsing import parse_json
from edge.uplink.retained import RetainedMessage, RetainedMessages

FILE = "discovery.json"
_log = logging.getLogger(__name__)


class TopicMemory:
    """Topics in a file. One that cannot be kept is forgotten: it is a convenience, and not worth a halt."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> frozenset[str] | None:
        """The topics; None where nothing was ever written, or it cannot be read."""
        try:
            found = parse_json(self._file.read_bytes())
        except (OSError, ValueError):
            return None
        return frozenset(map(str, found)) if isinstance(found, list) else None

    def write(self, topics: Iterable[str]) -> None:
        """Replaces the topics."""
        try:
            write_atomic(self._file, json.dumps(sorted(topics)).encode())
        except (OSError, MaskGateError) as error:
            _log.info("which discovery messages are at the broker is not remembered: %s", error)


class Discovery:
    """What is told of this device, told again, and taken back. Used by the sender thread only."""

    def __init__(self, retained_messages: RetainedMessages, memory: TopicMemory) -> None:
        self._retained_messages = retained_messages
        self._memory = memory
        self._wanted: RetainedMessage | None = None
        self._stale: set[str] = set()

    def begin(self, wanted: RetainedMessage | None, earlier: Iterable[str] = ()) -> None:
        """Puts the description among the retained messages, behind what empties others.

        Args:
            wanted: The description; None for none.
            earlier: Topics that an earlier version may have used, emptied where nobody remembers.
        """
        remembered = self._memory.read()
        if wanted is None and not remembered:
            return
        self._wanted = wanted
        keep = set() if wanted is None else {wanted.topic}
        self._stale = set(earlier if remembered is None else remembered) - keep
        # First: what is published must be known to whoever comes next.
        self._memory.write(self._stale | keep)
        for topic in sorted(self._stale):
            self._retained_messages.put(RetainedMessage(topic, topic, b"", taken=self._emptied))
        if wanted is not None:
            self._retained_messages.put(wanted)

    def tell_again(self) -> None:
        """Home Assistant has started: a broker without retained messages would leave it without."""
        if self._wanted is not None:
            self._wanted = replace(self._wanted, edition=self._wanted.edition + 1)
            self._retained_messages.put(self._wanted)

    def _emptied(self, topic: str) -> None:
        """The broker has forgotten a description."""
        self._retained_messages.remove(topic)
        self._stale.discard(topic)
        self._memory.write(self._stale | (set() if self._wanted is None else {self._wanted.topic}))
