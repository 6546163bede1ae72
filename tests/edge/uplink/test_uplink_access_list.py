"""From the spool to a real Mosquitto with the access list of the samples."""

from __future__ import annotations

import logging
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.config import Config
from edge.daemon.uplink_factory import open_uplink
from edge.spool import Spool
from edge.types import Lamp, State
from tests.conftest import MakeBroker
from tests.support.mosquitto import Mosquitto, wait_until
from tests.support.paths import ROOT
from tests.support.uplinks import append

pytestmark = pytest.mark.broker

SAMPLE = ROOT / "docs" / "samples" / "mosquitto" / "maskgate.acl"
NO_NOTICES = "user entrance\ntopic write maskgate/site/entrance/event\n"
STATE = State(Lamp.OFF, False, "", "1.0", 1_700_000_000.0)


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    """The accounts of the sample: the device's."""
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.skip("mosquitto_passwd is not installed; on Debian: apt-get install mosquitto")
    file = tmp_path / "passwords"
    subprocess.run([program, "-b", "-c", str(file), "entrance", "right"], check=True, capture_output=True)
    (tmp_path / "password").write_text("right\n")
    return file


def guarded(make_broker: MakeBroker, passwords: Path, access_list: Path) -> Mosquitto:
    lines = ("allow_anonymous false", f"password_file {passwords}", f"acl_file {access_list}")
    return make_broker(*lines).start()


def device(port: int, passwords: Path) -> Config:
    """The names of the sample configuration, and everything switched on that publishes or listens."""
    mqtt = {
        "host": "127.0.0.1",
        "port": port,
        "username": "entrance",
        "password_file": str(passwords.parent / "password"),
        "accept_ack": True,
        "accept_commands": ["mute"],
        "discovery": True,
        "passes": True,
    }
    spool = {"path": str(passwords.parent / "spool.db")}
    return Config.model_validate({"mqtt": mqtt, "spool": spool})


def test_the_sample_list_allows_all_that_a_device_does(
    spool: Spool, make_broker: MakeBroker, passwords: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With discovery, passes, `ack` and commands on, the broker refuses nothing."""
    broker = guarded(make_broker, passwords, SAMPLE)
    spool.set_state(STATE)
    append(spool, 1, 3)
    uplink = open_uplink(device(broker.port, passwords), spool)
    uplink.start()
    wait_until(lambda: spool.depth() == 0)
    uplink.stop()
    assert [r.message for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_a_list_that_forbids_every_notice_holds_up_no_event(
    spool: Spool, make_broker: MakeBroker, passwords: Path, tmp_path: Path
) -> None:
    """Where availability, state and discovery are refused, events go on as if they were not."""
    access_list = tmp_path / "events_only.acl"
    access_list.write_text(NO_NOTICES)
    broker = guarded(make_broker, passwords, access_list)
    spool.set_state(STATE)
    uplink = open_uplink(device(broker.port, passwords), spool)
    uplink.start()
    try:
        wait_until(lambda: uplink.connected)
        append(spool, 1, 3)
        wait_until(lambda: spool.depth() == 0, timeout=3)
        assert uplink.problem == ""
    finally:
        uplink.stop()
