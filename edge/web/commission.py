"""Commissioning from the page: what was measured, tried and answered, for the report to be signed.

The daemon holds camera, lamps and relay, and goes on meanwhile. It is asked over its socket.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Literal

from edge.config import Config
from edge.daemon.commissioning import relay_refusal
from edge.diagnostics.finding import Finding, fault, ok, skipped
from edge.diagnostics.sight import advice
from edge.diagnostics.sign_off import sign_off_page
from edge.errors import SpoolError
from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import PageRequest, ReplayRequest, StoredEvent
from edge.spool.records import sequence_of
from edge.web.device import DeviceStatus
from edge.web.device_report import report_of
from edge.web.problems import ProblemError

DEVICE, CAMERA, OUTPUTS, BROKER = "Device", "Camera", "Lamp and relay", "Broker"
Asked = Literal["lamp green", "lamp amber", "lamp red", "relay"]
"""What only a person can confirm."""

PATIENCE_S = 10.0
POLL_S = 0.2
WIRING = "see the wiring in docs/install-pi.md, and {} in config.toml"


class Commission:
    """The findings by section; a later one on the same thing takes the place of an earlier one."""

    def __init__(self, config: Config, client: SpoolClient) -> None:
        self._config = config
        self._client = client
        self._kept: dict[str, dict[str, Finding]] = {}
        self.begin()

    def begin(self) -> None:
        """Forgets all of it."""
        self._kept = {CAMERA: {}, OUTPUTS: {}, BROKER: {}}
        if self._config.lamp.kind != "gpio":
            self._keep(OUTPUTS, [skipped("lamp", f"lamp.kind is {self._config.lamp.kind}")])
        if self._config.relay.pin is None:
            self._keep(OUTPUTS, [skipped("relay", "relay.pin is not set")])
        if not self._config.mqtt.enabled:
            self._keep(BROKER, [skipped("test event", "mqtt.enabled is false")])

    def sections(self, status: DeviceStatus) -> Mapping[str, tuple[Finding, ...]]:
        """All findings, those on the device as it is now first."""
        kept = {name: tuple(found.values()) for name, found in self._kept.items()}
        return {DEVICE: tuple(_device(status, sends=self._config.mqtt.enabled)), **kept}

    def look(self, *, keep: bool) -> tuple[Finding, ...]:
        """What the camera sees now, and what to change. Waits for the daemon.

        Args:
            keep: Whether it goes into the report, in the place of what was seen before.

        Raises:
            SpoolError: No daemon answers.
        """
        sight = self._client.sight()
        if sight is None:
            return (skipped("picture", "there is none yet"),)
        found = tuple(advice(sight, self._config.verdict.min_sharpness))
        if keep:
            self._kept[CAMERA] = {}
            self._keep(CAMERA, found)
        return found

    def try_relay(self) -> float:
        """Has the relay energised; for how many seconds. Waits for the daemon.

        Raises:
            ProblemError: There is none, or it may not be tried from the page.
            SpoolError: No daemon answers.
        """
        if refusal := relay_refusal(self._config):
            raise ProblemError(HTTPStatus.CONFLICT, refusal)
        return self._client.try_relay()

    def answer(self, asked: Asked, *, good: bool) -> None:
        """What somebody says who looked at it."""
        key = "relay.pin" if asked == "relay" else "lamp.pins"
        found = ok(asked, "confirmed") if good else fault(asked, "not as it should be", WIRING.format(key))
        self._keep(OUTPUTS, [found])

    def send_event(self) -> Finding:
        """Sends the newest event once more, under its own id, and waits for the broker's acknowledgement."""
        found = _sent(self._client)
        self._keep(BROKER, [found])
        return found

    def page(self, status: DeviceStatus) -> str:
        """The report, as HTML that needs nothing else."""
        device = self._config.device
        return sign_off_page(
            f"{device.site}/{device.name}", datetime.now().astimezone(), self.sections(status)
        )

    def _keep(self, section: str, found: Iterable[Finding]) -> None:
        self._kept[section].update({finding.check: finding for finding in found})


def _device(status: DeviceStatus, *, sends: bool) -> Iterable[Finding]:
    report = report_of(status, sends=sends)
    for problem in report.problems:
        text, _, fix = problem.partition("; ")
        yield fault("device", text, fix or "see the status page, and: sudo maskgate doctor")
    if not report.problems:
        yield ok("device", f"it watches, with the model {report.model}")


def _sent(client: SpoolClient) -> Finding:
    if client.state() is None:
        raise SpoolError("the daemon does not run; start maskgate.service")
    newest = client.page(PageRequest(limit=1, newest=True))
    if not newest:
        return fault(
            "test event", "no event is stored yet", "walk through the door once, and send it after that"
        )
    event, began = newest[0], time.monotonic()
    sequence = sequence_of(event.position)
    if event.sent_at is not None:
        client.replay(ReplayRequest(sequence, sequence, event.epoch))
    if not _acknowledged(client, event, began + PATIENCE_S):
        return fault(
            "test event",
            f"event {sequence} was not acknowledged by the broker within {PATIENCE_S:g} s",
            "see the problems on the status page, and: sudo maskgate doctor",
        )
    seconds = time.monotonic() - began
    return ok("test event", f"event {sequence} was acknowledged by the broker after {seconds:.1f} s")


def _acknowledged(client: SpoolClient, event: StoredEvent, deadline: float) -> bool:
    """Waits until an event that is unsent is sent."""
    while time.monotonic() < deadline:
        (now,) = client.page(PageRequest(after=event.position - 1, upto=event.position)) or (event,)
        if now.sent_at is not None and now.sent_at != event.sent_at:
            return True
        time.sleep(POLL_S)
    return False
